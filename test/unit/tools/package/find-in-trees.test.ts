import test from 'ava';
import type { TarHeader } from '../../../../supervisor/image/tar-header.ts';
import type { DebianTree } from '../../../../tools/package/debian-tree.ts';
import { findInTrees } from '../../../../tools/package/find-in-trees.ts';

/** A package of files (`path`), folders (`path/`) and links (`path -> target`). */
function tree(packageName: string, ...paths: readonly string[]): DebianTree {
	const entries = paths.map((line) => {
		const [given = '', linkname = ''] = line.split(' -> ');
		const kind = linkname !== '' ? 'symlink' : given.endsWith('/') ? 'directory' : 'file';
		const path = given.replace(/\/$/, '');
		const header = { name: path, kind, linkname } as TarHeader;
		return [path, { header, source: kind === 'file' ? `/unpacked/${path}` : null }] as const;
	});
	return { packageName, folder: '/unpacked', entries: new Map(entries) };
}

const trees = [
	tree('a', 'usr/lib/libz.so.1 -> libz.so.1.3', 'usr/lib/libz.so.1.3', 'usr/lib/', 'etc/x'),
	tree('b', 'lib64/ld.so -> /lib/made/ld.so', 'lib/made/ld.so', 'usr/bin/up -> ../../../../etc/x'),
	tree('c', 'opt/lib -> /usr/lib', 'opt/chain -> lib/./deep/..//libz.so.1', 'opt/self -> .', 'lib/deep/'),
	tree(
		'd',
		'loop/a -> b',
		'loop/b -> /loop/a',
		'loop/in -> in/in',
		'dangling -> nowhere',
		'etc/x',
		'etc/folder -> .',
	),
	tree('e', ...Array.from({ length: 41 }, (_, index) => `chain/${index + 1} -> ${index}`), 'chain/0'),
];

const finds = test.macro({
	exec(t, path: string, expected: string | null) {
		const found = findInTrees(trees, path);
		t.is(found === null ? null : `${found.packageName}: ${found.path}`, expected);
		if (found !== null) t.is(found.entry.source, `/unpacked/${found.path}`);
	},
	title: (what, path: string) => `findInTrees() ${what}: ${path}`,
});

test('finds a file', finds, 'etc/x', 'a: etc/x');
test('takes an absolute path', finds, '/lib/made/ld.so', 'b: lib/made/ld.so');
test('follows a relative link', finds, 'usr/lib/libz.so.1', 'a: usr/lib/libz.so.1.3');
test('follows an absolute link inside the packages', finds, 'lib64/ld.so', 'b: lib/made/ld.so');
test(
	'follows a link to a directory of another package',
	finds,
	'opt/lib/libz.so.1',
	'a: usr/lib/libz.so.1.3',
);
test('follows links in a row, with dots', finds, 'opt/chain', 'a: usr/lib/libz.so.1.3');
test('follows a link to its own directory', finds, 'opt/self/self/lib/libz.so.1', 'a: usr/lib/libz.so.1.3');
test('never leaves the packages', finds, 'usr/bin/up', 'a: etc/x');
test('looks for /lib in /usr/lib', finds, '/lib/libz.so.1', 'a: usr/lib/libz.so.1.3');
test('looks for /usr/lib in /lib', finds, '/usr/lib/made/ld.so', 'b: lib/made/ld.so');
test('follows forty links', finds, 'chain/40', 'e: chain/0');
test('gives up after forty links', finds, 'chain/41', null);
test('gives up on a loop', finds, 'loop/a', null);
test('gives up on a link into itself', finds, 'loop/in', null);
test('finds no directory', finds, 'usr/lib', null);
test('finds no directory behind a link', finds, 'opt/lib', null);
test('finds nothing behind a dangling link', finds, 'dangling', null);
test('finds nothing below a file', finds, 'etc/x/y', null);
test('finds nothing at the root', finds, '/', null);
