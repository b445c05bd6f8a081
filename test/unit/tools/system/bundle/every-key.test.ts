// Each key that the YAML has for a container changes its bundle, so none is dropped on the way to the runtime; and which of them the
// built-in engine refuses is known.

import test from 'ava';
import { engineRefusals } from '../../../../../supervisor/contract/engine-refusals.ts';
import { isRecord } from '../../../../../supervisor/contract/json-shape.ts';
import { containerKeys } from '../../../../../tools/config/container-schema.ts';
import { record, type Schema } from '../../../../../tools/config/schema.ts';
import type { ContainerConfig } from '../../../../../tools/config/system-config.ts';
import { containerBundle } from '../../../../../tools/system/bundle/bundle.ts';

const mappings = [{ hostID: 1, containerID: 2, size: 3 }];
const throttles = [{ major: 8, minor: 0, rate: 9 }];

/** A container with every key. */
const whole: Readonly<Record<string, unknown>> = {
	capabilities: ['CAP_CHOWN'],
	ambient: ['CAP_CHOWN'],
	mounts: [
		{
			...{ destination: '/m', type: 'tmpfs', source: 't', options: ['ro'] },
			...{ uidmappings: mappings, gidmappings: mappings },
		},
	],
	binds: ['/a:/b'],
	devices: [{ path: '/dev/d', type: 'c', major: 1, minor: 2, mode: '0600' }],
	tmpfs: ['/t'],
	command: ['/c'],
	env: ['A=b'],
	cwd: '/w',
	net: 'new',
	pid: 'new',
	ipc: 'new',
	uts: 'new',
	userns: 'new',
	hostname: 'h',
	readonly: true,
	maskedPaths: ['/x'],
	readonlyPaths: ['/y'],
	uid: 1,
	gid: 2,
	additionalGids: [3],
	noNewPrivileges: true,
	apparmor: 'default',
	seccomp: {
		...{ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1, architectures: ['SCMP_ARCH_X86_64'] },
		flags: ['SECCOMP_FILTER_FLAG_TSYNC'],
		syscalls: [
			{
				...{ names: ['read'], action: 'SCMP_ACT_ALLOW', errnoRet: 5 },
				args: [{ index: 0, value: 1, valueTwo: 2, op: 'SCMP_CMP_EQ' }],
			},
		],
	},
	oomScoreAdj: 4,
	rootfsPropagation: 'shared',
	cgroupsPath: 'p',
	resources: {
		devices: [{ allow: true, type: 'c', major: 1, minor: 3, access: 'r' }],
		memory: {
			...{ limit: 100, reservation: 50, swap: 130 },
			...{ kernel: 1, kernelTCP: 1, swappiness: 1, disableOOMKiller: true },
		},
		cpu: { shares: 1, quota: 2, period: 3, realtimeRuntime: 4, realtimePeriod: 5, cpus: '0', mems: '0' },
		pids: { limit: 9 },
		blockio: {
			...{ weight: 1, leafWeight: 2, weightDevice: [{ major: 8, minor: 0, weight: 1, leafWeight: 2 }] },
			...{ throttleReadBpsDevice: throttles, throttleWriteBpsDevice: throttles },
			...{ throttleReadIOPSDevice: throttles, throttleWriteIOPSDevice: throttles },
		},
		hugepageLimits: [{ pageSize: 2048, limit: 3 }],
		network: { classID: 1, priorities: [{ name: 'eth0', priority: 1 }] },
	},
	sysctl: { 'net.a': '1' },
	rlimits: ['nofile,1,2'],
	uidMappings: mappings,
	gidMappings: mappings,
	annotations: { a: 'b' },
	runtime: {
		cgroups: ['g'],
		mounts: [{ destination: '/n', type: 'ext4', source: '/dev/sda1', options: ['ro'] }],
		mkdir: ['/d'],
		interfaces: [{ name: 'i', add: 'veth', peer: 'j', createInRoot: true }],
		bindNS: { cgroup: '/1', ipc: '/2', mnt: '/3', net: '/4', pid: '/5', user: '/6', uts: '/7' },
		namespace: 'n',
	},
};

/** Further keys, which those of `whole` replace. */
const further: Readonly<Record<string, readonly string[]>> = {
	'capabilities.add': ['CAP_KILL'],
	'binds.add': ['/c:/d'],
};

/** Other values where a character more says nothing. */
const others: Readonly<Record<string, unknown>> = {
	capabilities: ['CAP_KILL'],
	rlimits: ['nofile,1,3'],
	'devices.mode': '0640',
};

function leaves(schema: Schema, path: readonly string[] = []): (readonly string[])[] {
	if (schema.type === 'list' || schema.type === 'choice') return leaves(schema.of, path);
	if (schema.type !== 'record') return [path];
	return Object.entries(schema.keys).flatMap(([key, each]) => leaves(each, [...path, key]));
}

/** The paths of the keys. A name with a dot is one key. */
const paths = leaves(record(containerKeys));

/** Returns a copy in which what is at a path is another value, of lists in their first element. */
function changed(value: unknown, path: readonly string[], change: (old: unknown) => unknown): unknown {
	const [key, ...rest] = path;
	if (key === undefined) return change(value);
	if (Array.isArray(value)) return [changed(value[0], path, change)];
	const fields = isRecord(value) ? value : {};
	return { ...fields, [key]: changed(fields[key], rest, change) };
}

function another(old: unknown): unknown {
	if (typeof old === 'number') return old + 1;
	if (typeof old === 'boolean') return !old;
	if (typeof old === 'string') return `${old}x`;
	if (Array.isArray(old)) return old.map(another);
	return isRecord(old)
		? Object.fromEntries(Object.entries(old).map(([key, each]) => [key, another(each)]))
		: null;
}

function bundleOf(settings: object) {
	const container = { name: 'a', image: 'a', command: ['/c'], ...settings } as unknown as ContainerConfig;
	const fixed = { architecture: 'amd64', ids: new Map(), sharedImage: null, userBase: 655_360 };
	return containerBundle({ section: 'onboot', index: 0, container, image: {}, ...fixed });
}

const textOf = (settings: object) => {
	const { spec, runtime } = bundleOf(settings);
	return JSON.stringify([spec, runtime], (_, each: unknown) => (typeof each === 'bigint' ? `${each}` : each));
};

for (const path of paths) {
	const name = path.join('.');
	test(`containerBundle() has ${name} in the bundle`, (t) => {
		const more = further[name];
		if (more !== undefined) return t.not(textOf({ [name]: more }), textOf({}));
		const other = changed(whole, path, (old) => {
			t.not(old, undefined, 'the container above has it');
			return others[name] ?? another(old);
		});
		return t.not(textOf(other as object), textOf(whole));
	});
}

test('engineRefusals() of a container with every key are of these keys alone', (t) => {
	const { spec } = bundleOf(whole);
	t.deepEqual(
		engineRefusals(spec).map(({ key }) => key),
		[
			...['mounts.uidMappings', 'mounts.gidMappings', 'linux.uidMappings', 'linux.gidMappings'],
			...['kernel', 'kernelTCP', 'swappiness', 'disableOOMKiller'].map(
				(key) => `linux.resources.memory.${key}`,
			),
			...['linux.resources.cpu.realtimeRuntime', 'linux.resources.cpu.realtimePeriod'],
			...['linux.resources.blockIO', 'linux.resources.hugepageLimits', 'linux.resources.network'],
			// A user namespace.
			'linux.namespaces',
		],
	);
});
