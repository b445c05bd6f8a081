import { readFileSync } from 'node:fs';
import test from 'ava';
import { applyMounts } from '../../../../init/mounts/apply-mounts.ts';
import { mountTable, varRow } from '../../../../init/mounts/mount-table.ts';
import { isMountPoint, parseMountInfo, rootMountId } from '../../../../native/linux/mountinfo.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';

const plain = 'NOSUID,NODEV,NOEXEC';

/** Written down a second time on purpose: a slip in the table must not go unseen. */
const expected: readonly (readonly [target: string, type: string, flags: string, data: string | null])[] = [
	['/proc', 'proc', `${plain},RELATIME`, null],
	['/run', 'tmpfs', `${plain},RELATIME`, 'size=10%,mode=755'],
	['/dev', 'devtmpfs', 'NOSUID,NOEXEC,RELATIME', 'mode=755'],
	['/sys', 'sysfs', plain, null],
	['/tmp', 'tmpfs', `${plain},RELATIME`, 'size=10%,mode=1777'],
	['/dev/mqueue', 'mqueue', plain, null],
	['/dev/shm', 'tmpfs', plain, 'mode=1777'],
	['/dev/pts', 'devpts', 'NOSUID,NOEXEC', 'gid=5,mode=0620,ptmxmode=0666'],
	['/sys/kernel/security', 'securityfs', plain, null],
	['/sys/kernel/debug', 'debugfs', plain, null],
	['/sys/kernel/tracing', 'tracefs', plain, null],
	['/sys/kernel/config', 'configfs', plain, null],
	['/sys/fs/fuse/connections', 'fusectl', plain, null],
	['/sys/fs/selinux', 'selinuxfs', 'NOSUID,NOEXEC', null],
	['/sys/fs/pstore', 'pstore', plain, null],
	['/sys/fs/bpf', 'bpf', 'NODEV', null],
	['/sys/firmware/efi/efivars', 'efivarfs', plain, null],
	['/proc/sys/fs/binfmt_misc', 'binfmt_misc', plain, null],
	['/sys/fs/cgroup', 'cgroup2', plain, null],
];

for (const [index, [target, type, flags, data]] of expected.entries()) {
	test(`mountTable row ${index}: ${target}`, (t) => {
		const row = mountTable[index];
		t.deepEqual([row?.target, row?.type, row?.flags.join(','), row?.data], [target, type, flags, data]);
	});
}

test('mountTable has no other rows, and each parent comes before its children', (t) => {
	t.is(mountTable.length, expected.length);
	const targets = mountTable.map((row) => row.target);
	for (const [index, target] of targets.entries()) {
		const later = targets.slice(index).filter((other) => target.startsWith(`${other}/`));
		t.deepEqual(later, [], target);
	}
	t.is(varRow.data, 'size=50%,mode=755');
});

test('applyMounts() skips mount points and reports only failures that are not optional', (t) => {
	const { native, calls } = createFakeNative({
		mount: () => {
			throw new Error('no such device');
		},
	});
	const rows = mountTable.filter((row) => ['/proc', '/sys', '/sys/fs/bpf'].includes(row.target));
	const present = parseMountInfo('22 1 0:21 / /proc rw - proc proc rw\n');
	const report = applyMounts(native, rows, present);
	t.deepEqual(report, { mounted: 0, failures: ['no such device'] });
	t.deepEqual(
		calls.map(({ args }) => args[1]),
		['/sys', '/sys/fs/bpf'],
	);
});

test('applyMounts() mounts a tmpfs on /dev when the kernel has no devtmpfs', (t) => {
	const { native, calls } = createFakeNative({
		mount: (_source: string, _target: string, type: string) => {
			if (type === 'devtmpfs') throw coded('ENODEV');
		},
	});
	const rows = mountTable.filter((row) => row.target === '/dev');
	t.deepEqual(applyMounts(native, rows, []), { mounted: 1, failures: [] });
	t.deepEqual(
		calls.map(({ args }) => args[2]),
		['devtmpfs', 'tmpfs'],
	);
});

for (const [code, failures] of [
	['EBUSY', []],
	['EPERM', ['EPERM']],
] as const) {
	test(`applyMounts() hides no /dev under a tmpfs after ${code}`, (t) => {
		const { native, calls } = createFakeNative({
			mount: () => {
				throw coded(code);
			},
		});
		const rows = mountTable.filter((row) => row.target === '/dev');
		t.deepEqual(applyMounts(native, rows, []), { mounted: 0, failures: [...failures] });
		t.is(calls.length, 1);
	});
}

function coded(code: string): Error {
	return Object.assign(new Error(code), { code });
}

test('parseMountInfo() reads optional fields, escapes and the topmost root', (t) => {
	const entries = parseMountInfo(
		[
			'1 1 0:2 / / rw - rootfs rootfs rw',
			'36 35 98:0 /mnt1 /a\\040b rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue',
			'40 1 0:30 / / rw - tmpfs slipway-root rw',
		].join('\n'),
	);
	t.deepEqual(entries[1], {
		id: 36,
		parentId: 35,
		deviceNumbers: '98:0',
		root: '/mnt1',
		mountPoint: '/a b',
		isShared: true,
		type: 'ext3',
		source: '/dev/root',
	});
	t.is(rootMountId(entries), 40);
	t.true(isMountPoint(entries, '/a b'));
});

test('parseMountInfo() reads this machine’s mounts', (t) => {
	const entries = parseMountInfo(readFileSync('/proc/self/mountinfo', 'latin1'));
	t.true(isMountPoint(entries, '/proc'));
	t.not(rootMountId(entries), null);
});
