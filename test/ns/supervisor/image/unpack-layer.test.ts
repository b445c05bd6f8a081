// Layers of hostile images, unpacked beside a directory that is not theirs: nothing there changes. As root, which `service run` is.

import {
	closeSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import { unpackLayer } from '../../../../supervisor/image/unpack-layer.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';
import { bytesOf, type Member, makeTar } from '../../../helpers/tar.ts';

const test = ava.serial;
const native = await openAddon();
const folder = scratchFolder();

async function unpack(layers: (outside: string) => readonly (readonly Member[])[]) {
	const place = mkdtempSync(join(folder, 'unpack-'));
	const [outside, root] = [join(place, 'outside'), join(place, 'root')];
	mkdirSync(join(outside, 'sub'), { recursive: true });
	mkdirSync(root);
	writeFileSync(join(outside, 'secret'), 'not yours');
	const before = shown(outside);
	const fd = openSync(root, 'r');
	let error = '';
	try {
		for (const members of layers(outside))
			await unpackLayer(bytesOf(await makeTar(members)), fd, native, 'layer');
	} catch (cause) {
		error = (cause as Error).message;
	} finally {
		closeSync(fd);
	}
	return { root, error, isUntouched: shown(outside) === before };
}

/** Names, owners, modes and the secret. */
function shown(outside: string): string {
	const names = readdirSync(outside, { recursive: true }).map(String).sort();
	const files = ['.', ...names].map((name) => {
		const { mode, uid, nlink } = lstatSync(join(outside, name));
		return [name, mode, uid, nlink];
	});
	return JSON.stringify([files, readFileSync(join(outside, 'secret'), 'utf8')]);
}

const link = (name: string, linkname: string): Member => ({ name, type: 'symlink', linkname });
const deep = '../../../../../../../../../..';

const attacks: Readonly<Record<string, (outside: string) => readonly (readonly Member[])[]>> = {
	'a file below an absolute link': (outside) => [
		[link('out', outside), { name: 'out/secret', body: 'evil' }],
	],
	'a file below a link of many ..': (outside) => [
		[link('out', `${deep}${outside}`), { name: 'out/new', body: 'evil' }],
	],
	'a file below a link of a lower layer': (outside) => [
		[link('out', outside)],
		[{ name: 'out/secret', body: 'evil' }],
	],
	'a file through a link at its own place': (outside) => [
		[link('out', join(outside, 'secret')), { name: 'out', body: 'evil' }],
	],
	'a directory at the place of a link': (outside) => [
		[link('out', outside), { name: 'out', type: 'directory', mode: 0o777, uid: 7 }],
	],
	'a hard link through a link': (outside) => [
		[link('out', outside), { name: 'own', type: 'link', linkname: 'out/secret' }],
	],
	'a hard link to a link': (outside) => [
		[
			link('out', join(outside, 'secret')),
			{ name: 'own', type: 'link', linkname: 'out' },
			{ name: 'own', body: 'evil' },
		],
	],
	'a whiteout through a link': (outside) => [[link('out', outside)], [{ name: 'out/.wh.secret', body: '' }]],
	'an opaque directory that is a link': (outside) => [
		[link('out', outside)],
		[{ name: 'out/.wh..wh..opq', body: '' }],
	],
	'a whiteout of a link': (outside) => [[link('out', outside)], [{ name: '.wh.out', body: '' }]],
	'a directory with a link in it, replaced by a file': (outside) => [
		[{ name: 'a', type: 'directory' }, link('a/out', outside)],
		[{ name: 'a', body: 'a file' }],
	],
};

for (const [name, layers] of Object.entries(attacks)) {
	test(`unpackLayer() changes nothing outside: ${name}`, async (t) => {
		const { isUntouched } = await unpack(layers);
		t.true(isUntouched);
	});
}

const refused: Readonly<Record<string, readonly [members: readonly Member[], message: RegExp]>> = {
	'a path with ..': [[{ name: 'a/../../b', body: '' }], /has the path "a\/\.\.\/\.\.\/b", which leads out/],
	'a hard link with ..': [
		[{ name: 'a', type: 'link', linkname: '../outside/secret' }],
		/leads out of its tree/,
	],
	'a hard link to nothing': [
		[{ name: 'a', type: 'link', linkname: 'b' }],
		/a is a hard link to b, which is no file/,
	],
	'links that lead to each other': [
		[link('a', 'b'), link('b', 'a'), { name: 'a/c', body: '' }],
		/is to go below it/,
	],
	'a file below a file': [
		[
			{ name: 'a', body: '' },
			{ name: 'a/b', body: '' },
		],
		/a is a file, and a file is to go below it/,
	],
	'a whiteout of the directory itself': [
		[{ name: '.wh..', body: '' }],
		/the whiteout \.wh\.\. hides no file/,
	],
};
for (const [name, [members, message]] of Object.entries(refused)) {
	test(`unpackLayer() refuses ${name}`, async (t) => {
		const { error, isUntouched } = await unpack(() => [members]);
		t.regex(error, message);
		t.true(isUntouched);
	});
}

test('unpackLayer() looks a long path up once, not once for each of its names', async (t) => {
	let lookUps = 0;
	const counting = {
		...native,
		openInRoot(...args: Parameters<typeof native.openInRoot>) {
			lookUps += 1;
			return native.openInRoot(...args);
		},
	};
	const paths = (first: string) => [0, 1, 2].map((file) => `${first}/${'d/'.repeat(1000)}${file}`);
	// The link is in the middle of the second ones.
	const names = [...paths('a'), ...paths('b/link')];
	const members = [link('b/link', '/a/d'), ...names.map((name) => ({ name, body: name }))];
	const root = mkdtempSync(join(folder, 'deep-'));
	const fd = openSync(root, 'r');
	await unpackLayer(bytesOf(await makeTar(members)), fd, counting, 'layer');
	closeSync(fd);
	t.true(existsSync(join(root, 'a', 'd/'.repeat(1001), '2')));
	t.true(lookUps < 40, String(lookUps));
});

test("unpackLayer() obeys 6,000 whiteouts of 6,000 files before ava's timeout", async (t) => {
	t.timeout(120_000);
	const names = Array.from({ length: 6000 }, (_, index) => index);
	const { root, error } = await unpack(() => [
		[{ name: 'a/lower', body: '' }],
		[
			...names.map((index) => ({ name: `a/${index}`, body: '' })),
			...names.map((index) => ({ name: index % 2 === 0 ? '.wh.a' : 'a/.wh..wh..opq', body: '' })),
		],
	]);
	t.deepEqual([error, readdirSync(join(root, 'a')).length], ['', names.length]);
});

test('unpackLayer(): whiteouts hide lower layers, and never their own', async (t) => {
	const { root, error } = await unpack(() => [
		[
			{ name: 'a/one', body: '1' },
			{ name: 'a/two', body: '2' },
			{ name: 'gone/x', body: '' },
			{ name: 'b', body: '' },
		],
		[
			{ name: 'a/three', body: '3' },
			{ name: 'a/.wh..wh..opq', body: '' },
			{ name: 'b', body: 'new' },
			{ name: '.wh.b', body: '' },
			{ name: '.wh.gone', body: '' },
		],
	]);
	t.is(error, '');
	t.deepEqual(readdirSync(root, { recursive: true }).map(String).sort(), ['a', 'a/three', 'b']);
	t.is(readFileSync(join(root, 'b'), 'utf8'), 'new');
	t.false(existsSync(join(root, 'gone')));
});

test('unpackLayer() keeps owners, modes, times, links and devices', async (t) => {
	const { root, error } = await unpack(() => [
		[
			{ name: 'd', type: 'directory', mode: 0o1777, uid: 5, gid: 6 },
			{ name: 'd/f', body: 'x', mode: 0o4755, uid: 7, gid: 8, mtime: new Date(1e12) },
			{ name: 'h', type: 'link', linkname: 'd/f' },
			{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3, mode: 0o666 },
			{ name: 'pipe', type: 'fifo', mode: 0o600 },
		],
	]);
	t.is(error, '');
	const info = (name: string) => lstatSync(join(root, name));
	t.like(info('d'), { uid: 5, gid: 6, mode: 0o41777 });
	t.like(info('d/f'), { uid: 7, gid: 8, mode: 0o104755, mtimeMs: 1e12, nlink: 2 });
	t.is(info('h').ino, info('d/f').ino);
	t.true(info('null').isCharacterDevice() && info('null').rdev === 0x103);
	t.true(info('pipe').isFIFO());
});
