import test from 'ava';
import { type MountCall, mountCalls, mountOptions } from '../../../../native/linux/mount-calls.ts';
import type { Mount } from '../../../../supervisor/contract/runtime-config.ts';
import { linuxConstants } from '../../../helpers/fake-native.ts';

const target = '/there';
const tmpfs = (...options: string[]): Mount => ({
	destination: target,
	type: 'tmpfs',
	source: 'tmpfs',
	options,
});

/** `source type flags data`, the flags as sorted names. */
function inWords({ source, type, flags, data }: MountCall): string {
	const names = Object.entries(linuxConstants)
		.filter(([name, bit]) => name.startsWith('MS_') && (flags & bit) !== 0)
		.map(([name]) => name.slice(3));
	return [source ?? '-', type ?? '-', names.sort().join('|') || '0', data ?? '-'].join(' ');
}

const makes = test.macro({
	exec(t, mount: Mount, expected: readonly string[]) {
		t.deepEqual(mountCalls(mount, target, linuxConstants).map(inWords), expected);
	},
	title: (_, mount: Mount) => `mountCalls() of ${mount.type ?? ''} [${(mount.options ?? []).join(',')}]`,
});

// Options that set a flag, those that clear it again, and propagation, each in a call of its own.
for (const [option, flags] of [
	['bind', 'BIND'],
	['rbind', 'BIND|REC'],
] as const) {
	test(makes, { destination: target, source: '/a', options: [option] }, [`/a - ${flags} -`]);
	test(makes, { destination: target, source: '/a', options: [option, 'ro'] }, [
		`/a - ${flags} -`,
		'- - BIND|RDONLY|REMOUNT -',
	]);
}
for (const [option, flag, opposite] of [
	['ro', 'RDONLY', 'rw'],
	['nosuid', 'NOSUID', 'suid'],
	['nodev', 'NODEV', 'dev'],
	['noexec', 'NOEXEC', 'exec'],
	['sync', 'SYNCHRONOUS', 'async'],
	['mand', 'MANDLOCK', 'nomand'],
	['noatime', 'NOATIME', 'atime'],
	['nodiratime', 'NODIRATIME', 'diratime'],
	['relatime', 'RELATIME', 'norelatime'],
	['strictatime', 'STRICTATIME', 'nostrictatime'],
] as const) {
	test(makes, tmpfs(option), [`tmpfs tmpfs ${flag} -`]);
	test(makes, tmpfs(option, opposite), ['tmpfs tmpfs 0 -']);
}
test(makes, tmpfs('dirsync'), ['tmpfs tmpfs DIRSYNC -']);
for (const [option, flags] of [
	['private', 'PRIVATE'],
	['rprivate', 'PRIVATE|REC'],
	['shared', 'SHARED'],
	['rshared', 'REC|SHARED'],
	['slave', 'SLAVE'],
	['rslave', 'REC|SLAVE'],
	['unbindable', 'UNBINDABLE'],
	['runbindable', 'REC|UNBINDABLE'],
] as const) {
	test(makes, tmpfs(option), ['tmpfs tmpfs 0 -', `- - ${flags} -`]);
	test(makes, { destination: target, options: [option] }, [`- - ${flags} -`]);
}

// As LinuxKit writes them.
test(makes, { destination: target, options: ['remount', 'private'] }, ['- - REMOUNT -', '- - PRIVATE -']);
test(makes, { destination: target, type: 'bind', source: '/a', options: ['rw'] }, ['/a - BIND -']);
test(makes, { destination: target, type: 'ext4', source: '/dev/sda1', options: ['rw', 'noatime'] }, [
	'/dev/sda1 ext4 NOATIME -',
]);
test(
	makes,
	{
		destination: target,
		type: 'overlay',
		source: 'overlay',
		options: ['lowerdir=/l', 'upperdir=/u', 'workdir=/w'],
	},
	['overlay overlay 0 lowerdir=/l,upperdir=/u,workdir=/w'],
);
test(makes, tmpfs('defaults', 'nosuid', 'size=10%', 'mode=0755'), ['tmpfs tmpfs NOSUID size=10%,mode=0755']);
test(makes, { destination: target, options: ['bind', 'remount', 'ro'] }, ['- - BIND|RDONLY|REMOUNT -']);
test(makes, { destination: target, source: '/a', options: ['rbind', 'rshared', 'ro', 'nosuid'] }, [
	'/a - BIND|REC -',
	'- - BIND|NOSUID|RDONLY|REMOUNT -',
	'- - REC|SHARED -',
]);

test('mountOptions names only constants that Linux has', (t) => {
	for (const [, ...flags] of Object.values(mountOptions)) {
		for (const flag of flags) t.true(flag in linuxConstants, flag);
	}
});

test('mountCalls() says which constant the addon lacks', (t) => {
	t.throws(() => mountCalls(tmpfs('ro'), target, { MS_BIND: 4096, MS_REC: 16384, MS_REMOUNT: 32 }), {
		message: /MS_RDONLY/,
	});
});
