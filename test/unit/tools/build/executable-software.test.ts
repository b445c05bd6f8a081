import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { npmPackagesOf } from '../../../../tools/build/executable-software.ts';
import { fileDigest } from '../../../../tools/files/file-digest.ts';
import type { Software } from '../../../../tools/sbom/software.ts';

test('npmPackagesOf() names each package once, also scoped and nested ones', (t) => {
	const sources = [
		...[
			'init/main.ts',
			'node_modules/pino/pino.js',
			'node_modules/pino/lib/x.js',
			'../main/node_modules/pbf/i.js',
		],
		...['node_modules/@sigstore/bundle/dist/a.js', 'node_modules/a/node_modules/b/c.js'],
	];
	t.deepEqual(npmPackagesOf(sources), ['@sigstore/bundle', 'b', 'pbf', 'pino']);
});

test('executableSoftware() of the init executable: itself, Node, npm packages and the libraries of Debian', async (t) => {
	t.true(existsSync('build/init-software.json'), 'made by "make init"');
	const software = JSON.parse(readFileSync('build/init-software.json', 'utf8')) as readonly Software[];
	const of = (name: string) => software.find((each) => each.name === name);
	t.is(of('slipway')?.checksum?.value, await fileDigest('build/init/init'));
	t.is(of(`node-linux-${process.arch}`)?.version, process.version.slice(1));
	t.regex(of('pino')?.checksum?.value ?? '', /^[0-9a-f]{128}$/);
	t.regex(of('libc6')?.purl ?? '', /^pkg:deb\/debian\/libc6@.*\?arch=/);
	t.true(of('libstdc++6') !== undefined && of('libatomic1') !== undefined);
});
