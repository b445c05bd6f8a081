import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { mountVolumes } from '../../../../init/mounts/volumes.ts';
import { parseMountInfo } from '../../../../native/linux/mountinfo.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

function makeVolumes(t: ExecutionContext, ...paths: readonly string[]): string {
	const folder = scratchFolder(t);
	for (const path of paths) {
		mkdirSync(join(folder, path), { recursive: true });
		if (path.endsWith('lower/bin')) writeFileSync(join(folder, path, 'app'), '');
	}
	return folder;
}

test('mountVolumes() puts a tmpfs over the image’s files', (t) => {
	const folder = makeVolumes(t, 'v/lower/bin', 'v/tmp', 'v/merged');
	const { native, calls } = createFakeNative();
	t.deepEqual(mountVolumes(native, folder, []), { mounted: ['v'], failures: [] });
	const v = join(folder, 'v');
	t.deepEqual(
		calls.map(({ args }) => args.filter((arg) => typeof arg === 'string')),
		[
			['tmpfs', `${v}/tmp`, 'tmpfs', 'mode=0755'],
			[
				'overlay',
				`${v}/merged`,
				'overlay',
				`lowerdir=${v}/lower,upperdir=${v}/tmp/upper,workdir=${v}/tmp/work`,
			],
		],
	);
});

test('mountVolumes() gives a blank volume a tmpfs and a read-only one a bind', (t) => {
	const folder = makeVolumes(
		t,
		'blank/lower',
		'blank/tmp',
		'blank/merged',
		'ro/lower/bin',
		'ro/tmp',
		'ro/merged',
	);
	writeFileSync(join(folder, 'ro/readonly'), '');
	const { native, calls } = createFakeNative();
	t.deepEqual(mountVolumes(native, folder, []).mounted, ['blank', 'ro']);
	const { MS_BIND = 0, MS_REMOUNT = 0, MS_RDONLY = 0, MS_RELATIME } = native.constants;
	t.deepEqual(
		calls.map(({ args }) => args),
		[
			['tmpfs', join(folder, 'blank/merged'), 'tmpfs', MS_RELATIME, 'mode=0755'],
			[join(folder, 'ro/lower'), join(folder, 'ro/merged'), null, MS_BIND, null],
			[null, join(folder, 'ro/merged'), null, MS_REMOUNT | MS_BIND | MS_RDONLY, null],
		],
	);
});

test('mountVolumes() binds a volume without tmp, as older trees have a read-only one', (t) => {
	const folder = makeVolumes(t, 'ro/lower/bin', 'ro/merged');
	const { native, calls } = createFakeNative();
	t.deepEqual(mountVolumes(native, folder, []).mounted, ['ro']);
	t.deepEqual(calls[0]?.args.slice(0, 2), [join(folder, 'ro/lower'), join(folder, 'ro/merged')]);
});

test('mountVolumes() skips mounted volumes, and needs none', (t) => {
	const folder = makeVolumes(t, 'v/lower', 'v/tmp', 'v/merged');
	const { native, calls } = createFakeNative();
	const line = `36 35 0:30 / ${join(folder, 'v/merged')} rw shared:1 - tmpfs tmpfs rw\n`;
	t.deepEqual(mountVolumes(native, folder, parseMountInfo(line)).mounted, []);
	t.deepEqual(mountVolumes(native, join(folder, 'none'), []), { mounted: [], failures: [] });
	t.deepEqual(calls, []);
});

test('mountVolumes() goes on after a failure, and reports it', (t) => {
	const folder = makeVolumes(t, 'a/lower', 'a/tmp', 'a/merged', 'b/lower', 'b/tmp', 'b/merged');
	const { native } = createFakeNative({
		mount: (_source: string, target: string) => {
			if (target.endsWith('a/merged')) throw new Error('no memory');
		},
	});
	t.deepEqual(mountVolumes(native, folder, []), { mounted: ['b'], failures: ['a: no memory'] });
});
