// The mounts that every container has, as LinuxKit makes them.

import type { Mount } from './runtime-config.ts';

export function standardMounts(readonly: boolean): readonly Mount[] {
	const ro = readonly ? ['ro'] : [];
	return [
		{
			destination: '/dev',
			type: 'tmpfs',
			source: 'tmpfs',
			options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k', ...ro],
		},
		{
			destination: '/dev/pts',
			type: 'devpts',
			source: 'devpts',
			options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
		},
		{
			destination: '/proc',
			type: 'proc',
			source: 'proc',
			options: ['nosuid', 'nodev', 'noexec', 'relatime'],
		},
		{ destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', ...ro] },
		{
			destination: '/sys/fs/cgroup',
			type: 'cgroup',
			source: 'cgroup',
			options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
		},
	];
}
