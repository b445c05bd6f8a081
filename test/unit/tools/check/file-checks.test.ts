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
