import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type DebianTree, readDebianTree } from '../../../../tools/package/debian-tree.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import type { Member } from '../../../helpers/tar.ts';
import { madeUpSource } from './made-up-debian.ts';

const limitBytes = 2 ** 20;

async function unpack(
	t: ExecutionContext,
	folder: string,
	...members: readonly Member[]
): Promise<DebianTree> {
	const source = await madeUpSource(t, { name: 'evil', members });
	const [each] = (await source.candidates(['evil'])).values();
	if (each === undefined) throw new Error('not published');
	return await readDebianTree('evil', await source.fetch(each), folder, limitBytes);
}

test('readDebianTree() records all entries and creates plain files only', async (t) => {
	const folder = join(scratchFolder(t), 'tree');
	const tree = await unpack(
		t,
		folder,
		{ name: '', type: 'directory' },
		{ name: 'a/', type: 'directory', mode: 0o700 },
		{ name: 'a/file', body: 'body', mode: 0o6755, uid: 5 },
		{ name: 'a/hard', type: 'link', linkname: './a/file' },
		{ name: 'a/soft', type: 'symlink', linkname: '/etc' },
		{ name: 'a/null', type: 'character-device', devmajor: 1, devminor: 3 },
	);
	t.deepEqual(
		[...tree.entries].map(([path, { header, source }]) => [path, header.kind, source]),
		[
			['a', 'directory', null],
			['a/file', 'file', join(folder, 'a/file')],
			['a/hard', 'file', join(folder, 'a/file')],
			['a/soft', 'symlink', null],
			['a/null', 'character', null],
		],
	);
	t.like(tree.entries.get('a/hard')?.header, { mode: 0o6755, uid: 5 });
	t.deepEqual(globSync('**', { cwd: folder }).sort(), ['.', 'a', 'a/file']);
	t.is(readFileSync(join(folder, 'a/file'), 'utf8'), 'body');
});

test('path escape: readDebianTree() writes below its directory when a link leads out of it', async (t) => {
	const outside = scratchFolder(t);
	const folder = join(scratchFolder(t), 'tree');
	await unpack(
		t,
		folder,
		{ name: 'out', type: 'symlink', linkname: outside },
		{ name: 'out/evil', body: 'evil' },
	);
	t.false(existsSync(join(outside, 'evil')));
	t.is(readFileSync(join(folder, 'out/evil'), 'utf8'), 'evil');
});

const refuses = test.macro({
	async exec(t, member: Member, code: string, message: RegExp) {
		const scratch = scratchFolder(t);
		await t.throwsAsync(unpack(t, join(scratch, 'a/tree'), member), { code, message });
		t.deepEqual(globSync('**/evil', { cwd: scratch }), []);
	},
	title: (what) => `readDebianTree() refuses ${what}`,
});

test(
	'path escape: a name with ..',
	refuses,
	{ name: '../../evil', body: '' },
	'BAD_IMAGE',
	/package evil has the path "\.\/\.\.\/\.\.\/evil"/,
);
test(
	'path escape: a hard link out of the package',
	refuses,
	{ name: 'x', type: 'link', linkname: '../evil' },
	'BAD_IMAGE',
	/"\.\.\/evil"/,
);
test(
	'a hard link to a missing file',
	refuses,
	{ name: 'x', type: 'link', linkname: './evil' },
	'BAD_RECIPE',
	/evil: x is a hard link to \.\/evil, which isn't there/,
);

test("readDebianTree() reports dpkg-deb's message about a damaged package", async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'a.deb'), 'This is no package at all, and longer than a header.');
	const error = await t.throwsAsync(
		readDebianTree('a', join(folder, 'a.deb'), join(folder, 'tree'), limitBytes),
		{
			code: 'TOOL_FAILED',
		},
	);
	t.regex(error.message, /^dpkg-deb --fsys-tarfile \S+a\.deb: dpkg-deb: ./);
});

test('readDebianTree() refuses a sparse file that is too large, before a byte of it is written', async (t) => {
	const folder = join(scratchFolder(t), 'tree');
	const pax = { 'GNU.sparse.size': '4000000000000', 'GNU.sparse.map': '0,1' };
	await t.throwsAsync(unpack(t, folder, { name: 'sparse', body: 'x', pax }), {
		code: 'BAD_IMAGE',
		message:
			'The Debian package evil unpacks to more than 1.0 MB. If it is to be so large: slipway pkg build --max-unpacked SIZE.',
	});
	t.false(existsSync(folder));
});
