import test from 'ava';
import { cgroupFolder, cgroupSettings } from '../../../../supervisor/engine/container-cgroup.ts';

const spec = (cgroupsPath: string) => ({
	ociVersion: '1.2.1',
	process: { user: { uid: 0, gid: 0 }, args: ['a'], cwd: '/' },
	root: { path: 'rootfs' },
	linux: { cgroupsPath },
});

test('cgroupFolder() takes the path of the spec, which stays below the root', (t) => {
	t.is(cgroupFolder('/sys/fs/cgroup', 'a', spec('')), '/sys/fs/cgroup/a');
	t.is(cgroupFolder('/sys/fs/cgroup', 'a', spec('/x/y')), '/sys/fs/cgroup/x/y');
	t.is(cgroupFolder('/sys/fs/cgroup', 'a', spec('../../etc')), '/sys/fs/cgroup/etc');
});

const settings: readonly (readonly [
	what: string,
	resources: object,
	expected: readonly (readonly [string, string])[],
])[] = [
	['nothing', {}, []],
	[
		'memory',
		{ memory: { limit: 100, reservation: 50 } },
		[
			['memory.max', '100'],
			['memory.low', '50'],
		],
	],
	[
		'memory and swap together',
		{ memory: { limit: 100, swap: 130 } },
		[
			['memory.max', '100'],
			['memory.swap.max', '30'],
		],
	],
	['memory without a limit of swap', { memory: { swap: -1 } }, [['memory.swap.max', 'max']]],
	['processes', { pids: { limit: 7 } }, [['pids.max', '7']]],
	['all processes', { pids: { limit: -1 } }, [['pids.max', 'max']]],
	['the least shares', { cpu: { shares: 2 } }, [['cpu.weight', '1']]],
	['the usual shares', { cpu: { shares: 1024 } }, [['cpu.weight', '39']]],
	['the most shares', { cpu: { shares: 262144 } }, [['cpu.weight', '10000']]],
	['a quota', { cpu: { quota: 50_000 } }, [['cpu.max', '50000 100000']]],
	['a period', { cpu: { period: 20_000 } }, [['cpu.max', 'max 20000']]],
	[
		'processors',
		{ cpu: { cpus: '0-1', mems: '0' } },
		[
			['cpuset.cpus', '0-1'],
			['cpuset.mems', '0'],
		],
	],
	['words of version 2', { unified: { 'memory.high': '99', '../evil': 'x' } }, [['memory.high', '99']]],
];

for (const [what, resources, expected] of settings) {
	test(`cgroupSettings() of ${what}`, (t) => t.deepEqual(cgroupSettings(resources), expected));
}
