import test from 'ava';
import { dependenciesOf, parseDepends } from '../../../../tools/package/whole-packages.ts';
import { buildImage, madeUpSource } from './made-up-debian.ts';

const member = (name: string, mode = 0o755) => ({ name, mode, body: name });

test('parseDepends() returns the alternatives of each clause', (t) => {
	t.deepEqual(parseDepends('libc6 (>= 2.36), aa | bb:any (<< 3) , python3:any'), [
		['libc6'],
		['aa', 'bb'],
		['python3'],
	]);
	t.deepEqual(parseDepends(''), []);
});

test('dependenciesOf() follows dependencies, the first alternative that exists, and circles', async (t) => {
	const source = await madeUpSource(
		t,
		{ name: 'app', needs: ['one', 'virtual | two', 'debconf | debconf-2.0'], members: [] },
		{ name: 'one', needs: ['app', 'three'], members: [] },
		{ name: 'two', members: [] },
		{ name: 'three', needs: ['nowhere'], members: [] },
		{ name: 'debconf', members: [] },
	);
	t.deepEqual(await dependenciesOf('app', source), ['one', 'two', 'three']);
});

test('buildPackage() takes whole packages with their dependencies, without documentation', async (t) => {
	const source = await madeUpSource(
		t,
		{
			name: 'app',
			needs: ['data'],
			members: [member('usr/bin/app'), member('usr/share/doc/app/copyright'), member('etc/app.conf', 0o644)],
		},
		{ name: 'data', members: [member('usr/share/data/x', 0o644), member('usr/share/man/man1/x.1', 0o644)] },
	);
	const yaml = 'debian: [{ package: app, dependencies: true }]\ncommand: [app]\n';
	const image = await buildImage(t, yaml, source);
	const files = image.listing.filter((line) => line.startsWith('-')).map((line) => line.split(' ').at(-1));
	t.deepEqual(files, ['etc/app.conf', 'usr/bin/app', 'usr/share/data/x']);
	t.deepEqual(
		JSON.parse(image.labels['org.slipway.debian'] ?? '[]').map(({ name }: { name: string }) => name),
		['app', 'data'],
	);
});

test('buildPackage() runs a Python program with all that Debian needs for Python', async (t) => {
	const source = await madeUpSource(
		t,
		{ name: 'python3', needs: ['python3-minimal'], members: [] },
		{ name: 'python3-minimal', members: [member('usr/bin/python3')] },
	);
	const image = await buildImage(t, 'python: { from: src, main: web.py }\n', source, {
		'src/web.py': 'pass\n',
	});
	t.is(await image.read('app/web.py'), 'pass\n');
	const stored = await image.store.find('slipway/x:v1');
	t.like(stored?.config.config, { Cmd: ['/usr/bin/python3', '/app/web.py'], WorkingDir: '/app' });
});
