import test from 'ava';
import { mountTable } from '../../../../init/mounts/mount-table.ts';
import { findingsOf, linesOf } from './system-of.ts';

const head = `kernel: {image: slipway/kernel:v1}
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
services: [{name: redis, image: slipway/redis:v1}]
`;

test('fileFindings() names a file below each path on which PID 1 mounts', async (t) => {
	const folders = new Set(mountTable.map(({ target }) => target.split('/')[1] ?? ''));
	const paths = ['/run/a//b', ...[...folders].map((folder) => `./${folder}/a`)];
	const files = paths.map((path) => `  - {path: ${path}, contents: x}\n`).join('');
	const lines = linesOf(await findingsOf(t, `${head}files:\n${files}`));
	t.is(lines.length, paths.length, lines.join('\n'));
	t.regex(
		lines[0] ?? '',
		/^warning hidden-file 5:12 files: nothing sees \/run\/a\/b, because a file system is mounted on \/run at boot\. /,
	);
});

test('fileFindings() takes those directories themselves, and other paths', async (t) => {
	const files =
		'  - {path: run, directory: true}\n  - {path: var/a, contents: x}\n  - {path: etc/run/a, contents: x}\n';
	t.deepEqual(linesOf(await findingsOf(t, `${head}files:\n${files}`)), []);
});

test('fileFindings() names a file below one that is no directory, of the section or of an image', async (t) => {
	const files = [
		'{path: a, contents: x}',
		'{path: ./a/b, contents: x}',
		'{path: usr/bin/runc/c/d, contents: x}',
		'{path: /a/e, directory: true}',
	];
	const lines = linesOf(
		await findingsOf(t, `${head}files:\n${files.map((file) => `  - ${file}\n`).join('')}`),
	);
	const end = 'and no directory. Choose another path.';
	t.deepEqual(lines, [
		`error file-path 6:12 files: /a/b can't be placed, because /a is a file of "files", too, ${end}`,
		`error file-path 7:12 files: /usr/bin/runc/c/d can't be placed, because /usr/bin/runc is a file of the init images, ${end}`,
		`error file-path 8:12 files: /a/e can't be placed, because /a is a file of "files", too, ${end}`,
	]);
});

test('fileFindings() takes a file below a directory, a link, and what may be absent', async (t) => {
	const files = [
		'{path: a/b, contents: x}',
		'{path: c, symlink: etc}',
		'{path: c/d, contents: x}',
		'{path: e, source: /nowhere/x, optional: true}',
		'{path: e/f, contents: x}',
		'{path: usr/bin/mine, contents: x}',
	];
	t.deepEqual(
		linesOf(await findingsOf(t, `${head}files:\n${files.map((file) => `  - ${file}\n`).join('')}`)),
		[],
	);
});
