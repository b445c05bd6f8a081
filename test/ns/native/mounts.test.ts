import test from 'ava';
import { fixtureResult } from '../../unit/native/run-fixture.ts';

test('mount() and its family with a real kernel, failures included', async (t) => {
	const result = await fixtureResult('mounts.ts', { wrapper: ['unshare', '--mount'] });
	t.deepEqual(result, {
		tmpfs: true,
		sizeBytes: 2 ** 20,
		bound: 'seen through the bind',
		readOnly: 'EROFS',
		unmounted: [],
		moved: [[], ['marker']],
		overlay: true,
		failures: [
			'mount none -> /nowhere: ENOENT',
			'mount none -> /tmp: ENODEV',
			'mount /tmp: EINVAL',
			'umount2 /nowhere: ENOENT',
			'chroot /nowhere: ENOENT',
			'chdir /proc/version: ENOTDIR',
			'statfs /nowhere: ENOENT',
			'pivot_root /nowhere -> /nowhere/old: ENOENT',
		],
	});
});

const newRoot = test.macro({
	async exec(t, way: string, old: boolean) {
		const result = await fixtureResult('new-root.ts', { wrapper: ['unshare', '--mount'], args: [way] });
		t.deepEqual(result, { root: ['inside', 'old'], here: ['inside', 'old'], old });
	},
	title: (name) => name ?? '',
});

test('chroot() into a mount moved to / makes it the root', newRoot, 'move', false);
test('pivotRoot() keeps the old root below', newRoot, 'pivot', true);
