// The documents' YAML files in test/documents/ stay as they were given: no formatter, and no one who wants a test to pass,
// may change them. test/vm/documents.test.ts builds and boots them.

import test from 'ava';
import { fileDigest } from '../../tools/files/file-digest.ts';

const documents = {
	docker: '8a9182b385ad142832c0729f319ff41fe724d01d5594a92301c4177e94990800',
	linuxkit: '55715c1aa058507cdcdaf53b975039120e5693ed6e217b0a9bc40b6315f1df86',
	'redis-os': 'a2c95eec64826367573e8dc8b2f2165795c8a7af6dfcf3b0979c7b39380bda52',
	sshd: 'd53afed2c085743198245c29a1b73fbd9478e2d02b561a3e126e037ddf3b40f2',
};

for (const [name, digest] of Object.entries(documents)) {
	test(`test/documents/${name}.yml is the document's, byte by byte`, async (t) => {
		t.is(await fileDigest(`test/documents/${name}.yml`), digest);
	});
}
