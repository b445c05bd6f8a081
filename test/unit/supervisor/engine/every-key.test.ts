// Every key of the runtime-spec has an answer of the built-in engine, and what the engine says it does changes the container that it
// starts: no key is dropped in silence.

import { constants, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { SpawnRequest } from '../../../../native/native.ts';
import { asRuntimeConfig } from '../../../../supervisor/bundle/bundle.ts';
import {
	configKeys,
	type EngineAnswer,
	type EngineKeys,
	runtimeKeys,
} from '../../../../supervisor/contract/engine-keys.ts';
import { asRecord, isRecord, type JsonRecord } from '../../../../supervisor/contract/json-shape.ts';
import { asContainerSpec } from '../../../../supervisor/engine/container-spec.ts';
import { startContainer } from '../../../../supervisor/engine/start-container.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { exited, fakeChildren } from '../../../helpers/fake-children.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const addon = await openAddon();

/**
 * The keys of config.json in the runtime-spec 1.3 (specs-go/config.go; `execCPUAffinity`, `netDevices` and `memoryPolicy` are newer than
 * 1.2), the path first. Of other systems than Linux only the first key.
 */
const specKeys = `
. ociVersion process root hostname domainname mounts hooks annotations linux solaris windows vm zos freebsd
process terminal consoleSize user args commandLine env cwd capabilities rlimits noNewPrivileges apparmorProfile oomScoreAdj
process scheduler selinuxLabel ioPriority execCPUAffinity
process.consoleSize height width
process.user uid gid umask additionalGids username
process.capabilities bounding effective inheritable permitted ambient
process.rlimits type hard soft
process.scheduler policy nice priority flags runtime deadline period
process.ioPriority class priority
process.execCPUAffinity initial final
root path readonly
mounts destination type source options uidMappings gidMappings
mounts.uidMappings containerID hostID size
hooks prestart createRuntime createContainer startContainer poststart poststop
linux uidMappings gidMappings sysctl resources cgroupsPath namespaces devices netDevices seccomp rootfsPropagation maskedPaths
linux readonlyPaths mountLabel intelRdt memoryPolicy personality timeOffsets
linux.namespaces type path
linux.uidMappings containerID hostID size
linux.devices path type major minor fileMode uid gid
linux.resources devices memory cpu pids blockIO hugepageLimits network rdma unified
linux.resources.devices allow type major minor access
linux.resources.memory limit reservation swap kernel kernelTCP swappiness disableOOMKiller useHierarchy checkBeforeUpdate
linux.resources.cpu shares quota burst period realtimeRuntime realtimePeriod cpus mems idle
linux.resources.pids limit
linux.resources.blockIO weight leafWeight weightDevice throttleReadBpsDevice throttleWriteBpsDevice
linux.resources.blockIO throttleReadIOPSDevice throttleWriteIOPSDevice
linux.resources.hugepageLimits pageSize limit
linux.resources.network classID priorities
linux.seccomp defaultAction defaultErrnoRet architectures flags listenerPath listenerMetadata syscalls
linux.seccomp.syscalls names action errnoRet args
linux.seccomp.syscalls.args index value valueTwo op
linux.intelRdt closID schemata l3CacheSchema memBwSchema enableMonitoring
linux.memoryPolicy mode nodes flags
linux.personality domain flags
linux.timeOffsets boottime monotonic
`
	.trim()
	.split('\n')
	.flatMap((line) => {
		const [place = '', ...names] = line.split(' ');
		return names.map((name) => (place === '.' ? name : `${place}.${name}`));
	});

/** Returns the answer of a key, or of the refused or idle key above it; undefined for none. */
function answerOf(path: string): EngineAnswer | 'has keys' | undefined {
	let keys: EngineKeys = configKeys;
	for (const name of path.split('.')) {
		const answer: EngineAnswer | EngineKeys | undefined = keys[name];
		if (typeof answer !== 'object') return answer;
		keys = answer;
	}
	return 'has keys';
}

function leaves(keys: EngineKeys, place = ''): [path: string, answer: EngineAnswer][] {
	return Object.entries(keys).flatMap(([key, answer]): [string, EngineAnswer][] => {
		const path = `${place}${key}`;
		return typeof answer === 'string' ? [[path, answer]] : leaves(answer, `${path}.`);
	});
}

for (const key of specKeys) {
	test(`configKeys has an answer for ${key}`, (t) => {
		const answer = answerOf(key);
		t.not(answer, undefined);
		const isParent = specKeys.some((each) => each.startsWith(`${key}.`));
		if (answer === 'has keys') t.true(isParent, 'its keys are in the list above');
	});
}

test('configKeys has no key that the runtime-spec does not know', (t) => {
	const paths = leaves(configKeys).map(([path]) => path);
	t.deepEqual(
		paths.filter((path) => !specKeys.includes(path)),
		[],
	);
});

/** A container that gives every key that the engine does. */
const whole = {
	ociVersion: '1.2.1',
	process: {
		user: { uid: 1, gid: 2, umask: 0o27, additionalGids: [3] },
		args: ['/a', 'b'],
		env: ['A=b'],
		cwd: '/c',
		capabilities: Object.fromEntries(
			['bounding', 'effective', 'inheritable', 'permitted', 'ambient'].map((set) => [set, ['CAP_CHOWN']]),
		),
		rlimits: [{ type: 'RLIMIT_NOFILE', soft: 10, hard: 20 }],
		noNewPrivileges: true,
		apparmorProfile: 'one',
		oomScoreAdj: 7,
	},
	root: { path: 'rootfs', readonly: true },
	hostname: 'h',
	mounts: [{ destination: '/m', type: 'tmpfs', source: 't', options: ['size=1m'] }],
	linux: {
		namespaces: [
			{ type: 'cgroup', path: '/proc/self/ns/cgroup' },
			...['mount', 'network', 'uts', 'ipc'].map((type) => ({ type })),
		],
		devices: [{ path: '/dev/d', type: 'c', major: 1, minor: 2, fileMode: 0o600, uid: 3, gid: 4 }],
		cgroupsPath: 'p/q',
		sysctl: { 'net.a': '1' },
		rootfsPropagation: 'shared',
		maskedPaths: ['/x'],
		readonlyPaths: ['/y'],
		resources: {
			devices: [{ allow: true, type: 'c', major: 5, minor: 6, access: 'r' }],
			memory: { limit: 100, reservation: 50, swap: 130 },
			cpu: { shares: 500, quota: 10, period: 20, cpus: '0', mems: '0' },
			pids: { limit: 9 },
			unified: { 'memory.high': '80' },
		},
		seccomp: {
			defaultAction: 'SCMP_ACT_ERRNO',
			defaultErrnoRet: 1,
			architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64', 'SCMP_ARCH_X86'],
			flags: ['SECCOMP_FILTER_FLAG_TSYNC'],
			syscalls: [
				{
					names: ['read'],
					action: 'SCMP_ACT_ERRNO',
					errnoRet: 5,
					args: [{ index: 0, value: 1, valueTwo: 1, op: 'SCMP_CMP_MASKED_EQ' }],
				},
			],
		},
	},
};

/** Another value for each of them. */
const others: Readonly<Record<string, unknown>> = {
	'process.user.uid': 11,
	'process.user.gid': 12,
	'process.user.umask': 0o77,
	'process.user.additionalGids': [13],
	'process.args': ['/z'],
	'process.env': ['A=c'],
	'process.cwd': '/other',
	...Object.fromEntries(
		Object.keys(whole.process.capabilities).map((set) => [`process.capabilities.${set}`, ['CAP_KILL']]),
	),
	'process.rlimits.type': 'RLIMIT_CORE',
	'process.rlimits.soft': 11,
	'process.rlimits.hard': 21,
	'process.noNewPrivileges': false,
	'process.apparmorProfile': 'two',
	'process.oomScoreAdj': 8,
	'root.path': 'other',
	'root.readonly': false,
	hostname: 'i',
	'mounts.destination': '/n',
	'mounts.type': 'ramfs',
	'mounts.source': 'u',
	'mounts.options': ['size=2m'],
	'linux.namespaces.type': 'pid',
	'linux.namespaces.path': undefined,
	'linux.devices.path': '/dev/e',
	'linux.devices.type': 'b',
	'linux.devices.major': 9,
	'linux.devices.minor': 9,
	'linux.devices.fileMode': 0o666,
	'linux.devices.uid': 9,
	'linux.devices.gid': 9,
	'linux.cgroupsPath': 'p/r',
	'linux.sysctl': { 'net.a': '2' },
	'linux.rootfsPropagation': 'slave',
	'linux.maskedPaths': ['/z'],
	'linux.readonlyPaths': ['/z'],
	'linux.resources.devices.allow': false,
	'linux.resources.devices.type': 'b',
	'linux.resources.devices.major': 9,
	'linux.resources.devices.minor': 9,
	'linux.resources.devices.access': 'w',
	'linux.resources.memory.limit': 101,
	'linux.resources.memory.reservation': 51,
	'linux.resources.memory.swap': 131,
	'linux.resources.cpu.shares': 900,
	'linux.resources.cpu.quota': 11,
	'linux.resources.cpu.period': 21,
	'linux.resources.cpu.cpus': '1',
	'linux.resources.cpu.mems': '1',
	'linux.resources.pids.limit': 10,
	'linux.resources.unified': { 'memory.high': '81' },
	'linux.seccomp.defaultAction': 'SCMP_ACT_LOG',
	'linux.seccomp.defaultErrnoRet': 2,
	'linux.seccomp.architectures': ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
	'linux.seccomp.syscalls.names': ['write'],
	'linux.seccomp.syscalls.action': 'SCMP_ACT_LOG',
	'linux.seccomp.syscalls.errnoRet': 6,
	'linux.seccomp.syscalls.args.index': 1,
	'linux.seccomp.syscalls.args.value': 3,
	'linux.seccomp.syscalls.args.valueTwo': 2,
	'linux.seccomp.syscalls.args.op': 'SCMP_CMP_LE',
};

/** The filter of a process with one thread is the same with it; any other flag is refused. */
const withoutEffect = ['linux.seccomp.flags'];

/** Returns all that the engine asks of the kernel for a container, as text. */
async function started(config: JsonRecord): Promise<string> {
	const folder = scratchFolder();
	const cgroupRoot = join(folder, 'cgroup');
	for (const name of ['cgroup', 'rootfs', 'other']) mkdirSync(join(folder, name));
	writeFileSync(join(cgroupRoot, 'cgroup.controllers'), 'memory');
	const fake = createFakeNative({
		openInRoot: () => openSync('/dev/null', constants.O_RDONLY),
		bpfLoad: () => openSync('/dev/null', constants.O_RDONLY),
	});
	const native = new Proxy(fake.native, {
		get: (target, key) => (key === 'constants' ? addon.constants : Reflect.get(target, key)),
	});
	let request: SpawnRequest | null = null;
	const { children } = fakeChildren((asked) => {
		request = asked;
		return exited(0);
	});
	const nullFd = openSync('/dev/null', 'r+');
	startContainer(
		{ native, children },
		{
			id: 'i',
			folder,
			spec: asContainerSpec(config, 'config.json'),
			runtime: asRuntimeConfig({}, 'runtime.json'),
			cgroupRoot,
			stdio: [nullFd, nullFd, nullFd],
		},
	);
	const files = readdirSync(cgroupRoot, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.sort()
		.map((path) => `${path} ${readFileSync(path, 'utf8')}`);
	const descriptors = /"(?:fd|cgroupFd)":\d+|"stdio":\[[^\]]*\]/g;
	return JSON.stringify([request, fake.calls.filter(({ method }) => method === 'bpfLoad'), files])
		.replaceAll(folder, 'FOLDER')
		.replace(descriptors, '');
}

/** Returns a copy with another value at a path, of lists in their first element; without the key for undefined. */
function changed(value: unknown, path: readonly string[], other: unknown): unknown {
	const [key = '', ...rest] = path;
	if (path.length === 0) return other;
	if (Array.isArray(value)) return [changed(value[0], path, other), ...value.slice(1)];
	const { [key]: old, ...kept } = isRecord(value) ? value : {};
	const made = changed(old, rest, other);
	return made === undefined ? kept : { ...kept, [key]: made };
}

const done = leaves(configKeys).flatMap(([path, answer]) => (answer === 'does' ? [path] : []));

test('another value is known for each key that the engine does', (t) => {
	t.deepEqual([...Object.keys(others), ...withoutEffect].sort(), done.sort());
});

for (const [path, other] of Object.entries(others)) {
	test(`startContainer() does ${path}`, async (t) => {
		const config = changed(whole, path.split('.'), other);
		t.not(await started(asRecord(config, 'config')), await started(whole));
	});
}

test('startContainer() starts the same container twice', async (t) => {
	t.is(await started(whole), await started(structuredClone(whole)));
});

/** The table of docs/guest.md, with a line for each place: `| place | does | refuses | needs nothing |`. */
test('docs/guest.md says of each key what the engine does with it', (t) => {
	const rows = readFileSync('docs/guest.md', 'utf8')
		.split('\n')
		.map((line) => line.split('|').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)))
		.filter(([, place = []]) => ['config.json', 'runtime.json'].includes(place[0] ?? ''));
	const told = rows.flatMap(([, place = [], does = [], refuses = [], idle = []]) =>
		Object.entries({ does, refuses, 'needs nothing': idle }).flatMap(([answer, names]) =>
			names.map((name) => `${place.join(' ')} ${name}: ${answer}`),
		),
	);
	const lines = (file: string, all: [string, EngineAnswer][]) =>
		all.map(([path, answer]) => {
			const names = path.split('.');
			const place = names.slice(0, -1).join('.');
			return `${file}${place === '' ? '' : ` ${place}`} ${names.at(-1)}: ${answer}`;
		});
	const expected = [
		...lines('config.json', leaves(configKeys)),
		...lines('runtime.json', leaves(runtimeKeys)),
	];
	t.deepEqual(told.toSorted(), expected.toSorted());
});
