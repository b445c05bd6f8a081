import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { checkRunImage } from '../../../../tools/options/run-image.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';
import { makeTar } from '../../../helpers/tar.ts';

const folder = scratchFolder();
const expected =
	'It takes a tarball of a root file system, a docker save archive, an OCI layout, or a folder with a root.';
const disk = Buffer.concat([Buffer.alloc(1024), Buffer.from('ext4')]);

const refusals: readonly [name: string, bytes: Uint8Array | string, message: string][] = [
	[
		'web.yml',
		'kernel: {}\n',
		'is no tar archive: it is a text. The system of a YAML file is booted by: slipway up ',
	],
	['notes', 'text', `is no tar archive: it is a text. ${expected}`],
	['nothing', '', `is empty. ${expected}`],
	['disk', disk, `begins with zeros: it is an empty tar archive, or a disk image. ${expected}`],
	[
		'root.tar.xz',
		Buffer.from('\xfd7zXZ\0', 'latin1'),
		`is no tar archive: it is compressed by xz. Unpack it first, by xz -d. ${expected}`,
	],
];
for (const [name, bytes, message] of refusals) {
	test(`checkRunImage() refuses ${name}, and says what it takes`, (t) => {
		const path = join(folder, name);
		writeFileSync(path, bytes);
		const whole = `run-in: ${path} ${message}${name.endsWith('.yml') ? path : ''}`;
		t.throws(() => checkRunImage(path), { code: 'BAD_IMAGE', message: whole });
	});
}

test('checkRunImage() refuses an empty folder, and the name of an image of the store', (t) => {
	const empty = join(folder, 'empty');
	mkdirSync(empty);
	t.throws(() => checkRunImage(empty), { message: `run-in: ${empty} is empty. ${expected}` });
	t.throws(() => checkRunImage('slipway/redis:v1'), {
		code: 'NO_FILE',
		message:
			'There is no file slipway/redis:v1. An image of the store becomes one by: slipway cache export --output FILE.tar slipway/redis:v1',
	});
});

test('checkRunImage() leaves to the guest what may be an image, and to the reader what is not there', async (t) => {
	const tar = await makeTar([{ name: 'a', body: 'a' }]);
	for (const [name, bytes] of Object.entries({ 'a.tar': tar, 'a.tgz': gzipSync(tar) })) {
		writeFileSync(join(folder, name), bytes);
	}
	const images = [...['a.tar', 'a.tgz', 'absent.tar'].map((name) => join(folder, name)), folder, '-'];
	for (const image of images) t.notThrows(() => checkRunImage(image), image);
});
