import test from 'ava';
import type { ContainerSettings } from '../../../../../tools/config/system-config.ts';
import { privilegesOf } from '../../../../../tools/system/bundle/privileges.ts';

const granted = test.macro({
	exec(t, settings: ContainerSettings, ...expected: readonly string[]) {
		const lines = privilegesOf(settings).map(({ text, isRootPower }) => `${isRootPower ? '! ' : ''}${text}`);
		t.deepEqual(lines, expected);
	},
	title: (_, settings) => `privilegesOf() ${JSON.stringify(settings)}`,
});

test(granted, { command: ['/bin/sh'], env: ['A=b'], uid: 0, net: 'host', readonly: true });
test(granted, { capabilities: ['all'] }, '! all capabilities');
test(
	granted,
	{ capabilities: ['CAP_NET_ADMIN'], ambient: ['CAP_SYS_MODULE'] },
	'CAP_NET_ADMIN',
	'! CAP_SYS_MODULE',
);
test(
	granted,
	{ pid: 'host', net: '/run/netns/web' },
	"the system's processes (pid: host)",
	'the net namespace /run/netns/web',
);
for (const source of [
	'/',
	'/run',
	'/run/',
	'/run/containerd/containerd.sock',
	'/dev',
	'/etc',
	'/var',
	'/proc/sys',
])
	test(granted, { binds: [`${source}:/x`] }, `! a bind of ${source.replace(/(.)\/$/, '$1')}`);
test(
	granted,
	{ binds: ['/var/log:/var/log', '/etc/resolv.conf:/etc/resolv.conf'] },
	'a bind of /var/log',
	'a bind of /etc/resolv.conf',
);
test(granted, { binds: ['/etc:/x:ro'] }, 'a bind of /etc, read-only');
// A socket takes requests through a read-only bind.
test(granted, { binds: ['/run:/x:ro'] }, '! a bind of /run, read-only');
test(
	granted,
	{ mounts: [{ type: 'bind', source: '/', destination: '/x', options: ['rbind', 'rw'] }] },
	'! a bind of /',
);
test(granted, { mounts: [{ source: '/sys', destination: '/x', options: ['rbind'] }] }, '! a bind of /sys');
test(granted, { mounts: [{ type: 'proc', destination: '/x' }] }, '! a writable mount of proc on /x');
test(granted, { mounts: [{ type: 'cgroup', options: ['rw'] }] }, '! a writable mount of cgroup');
test(granted, {
	mounts: [
		{ type: 'cgroup', options: ['ro'] },
		{ type: 'tmpfs', destination: '/tmp' },
	],
});
test(
	granted,
	{ mounts: [{ type: 'ext4', source: '/dev/vda', destination: '/x' }] },
	'! a mount of the device /dev/vda',
);
test(granted, { devices: [{ path: 'all', type: 'c' }] }, '! all devices of type c');
test(granted, { devices: [{ path: '/dev/hwrng', type: 'c' }] }, 'the device /dev/hwrng');
test(granted, { devices: [{ path: '/dev/vda', type: 'b' }] }, '! the device /dev/vda');
test(
	granted,
	{ readonlyPaths: ['/proc/sys', '/sys'] },
	'! write access to /proc/bus, /proc/fs, /proc/irq, /proc/sysrq-trigger',
);
test(
	granted,
	{ seccomp: 'unconfined', noNewPrivileges: false },
	'every system call (seccomp: unconfined)',
	'programs that gain privileges (noNewPrivileges: false)',
);
test(
	granted,
	{ runtime: { mounts: [{ destination: '/etc' }], mkdir: ['/x'] } },
	"! a mount on /etc of the system's root",
	"the directory /x on the system's root",
);
test(granted, { devices: [{ path: '/dev/mem', type: 'c' }] }, '! the device /dev/mem');
test(
	granted,
	{ resources: { pids: { limit: -1 } }, oomScoreAdj: -800, cgroupsPath: '/x', rootfsPropagation: 'shared' },
	'a limit of its own in resources: pids',
	'an oomScoreAdj of -800',
	'the cgroup /x',
	'mounts that appear outside (rootfsPropagation)',
);
// Other words for the same.
for (const [source, path] of [
	['/srv/../dev', '/dev'],
	['//dev/', '/dev'],
	['/./run/../run/slipway', '/run/slipway'],
	['/srv/..', '/'],
	['/var/run/containerd', '/run/containerd'],
	['/var/run', '/run'],
] as const) {
	test(granted, { binds: [`${source}:/x`] }, `! a bind of ${path}`);
	test(granted, { mounts: [{ type: 'bind', source, destination: '/x' }] }, `! a bind of ${path}`);
}
test(granted, { binds: ['/var/running:/x', '/devices:/y'] }, 'a bind of /var/running', 'a bind of /devices');
// Paths of the system are in the options.
test(
	granted,
	{ mounts: [{ type: 'overlay', destination: '/x', options: ['ro', 'lowerdir=/etc:/run'] }] },
	'! a read-only mount of overlay on /x',
);
test(
	granted,
	{ mounts: [{ type: 'ext4', source: '/srv/../dev/vda', destination: '/x' }] },
	'! a mount of the device /dev/vda',
);
test(
	granted,
	{ mounts: [{ type: 'ext4', source: 'vda', destination: '/x' }] },
	'! a writable mount of ext4 on /x',
);
test(
	granted,
	{ mounts: [{ type: 'tmpfs', destination: '/sys', options: ['remount', 'rw'] }] },
	'! a remount on /sys',
);
test(granted, { devices: [{ path: '/dev/x', type: 'c', major: 1, minor: 1 }] }, '! the device /dev/x');
test(granted, { devices: [{ path: '/dev/../dev/mem', type: 'c' }] }, '! the device /dev/../dev/mem');
test(granted, { devices: [{ path: '/dev/zero', type: 'c', major: 1, minor: 5 }] }, 'the device /dev/zero');
test(granted, { runtime: { cgroups: ['a'] } }, 'the cgroup a of the system');
test(granted, { userns: '/run/user' }, 'the user namespace /run/user');
