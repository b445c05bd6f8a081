import test from 'ava';
import {
	engineRefusals,
	refusalText,
	runRefusalText,
} from '../../../../supervisor/contract/engine-refusals.ts';
import type { RuntimeSpec } from '../../../../supervisor/contract/runtime-spec.ts';

const plain = {
	ociVersion: '1.2.1',
	process: { user: { uid: 0, gid: 0 }, args: ['a'], cwd: '/' },
	root: { path: 'rootfs' },
	linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }] },
};

interface Case {
	readonly spec?: object;
	readonly linux?: object;
	readonly expected: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
	'a plain container': { expected: [] },
	hooks: { spec: { hooks: { prestart: [{ path: '/bin/x' }] } }, expected: ['hooks hooks'] },
	'a terminal': {
		spec: { process: { ...plain.process, terminal: true } },
		expected: ['process.terminal a terminal'],
	},
	'a profile of AppArmor': {
		spec: { process: { ...plain.process, apparmorProfile: 'x' } },
		expected: [],
	},
	'a user namespace': {
		linux: { namespaces: [{ type: 'mount' }, { type: 'user' }], uidMappings: [{ hostID: 1 }] },
		expected: ['linux.uidMappings "linux.uidMappings"', 'linux.namespaces a user namespace'],
	},
	'no mount namespace': {
		linux: { namespaces: [{ type: 'pid' }] },
		expected: ['linux.namespaces a container without a mount namespace of its own'],
	},
	'a host name of the machine': {
		spec: { hostname: 'x' },
		expected: ['hostname "hostname" without "uts: new", which would rename the machine'],
	},
	'a host name of its own': {
		spec: { hostname: 'x' },
		linux: { namespaces: [{ type: 'mount' }, { type: 'uts' }] },
		expected: [],
	},
	"the machine's sysctls": {
		linux: {
			...plain.linux,
			sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.shmmax': '1', 'vm.swappiness': '1' },
		},
		expected: ['net.ipv4.ip_forward', 'kernel.shmmax', 'vm.swappiness'].map(
			(name) => `linux.sysctl the sysctl ${name}, which would be the machine's`,
		),
	},
	'sysctls of its own': {
		linux: {
			namespaces: ['mount', 'network', 'ipc'].map((type) => ({ type })),
			sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.shmmax': '1' },
		},
		expected: [],
	},
	'a sysctl that leaves /proc/sys': {
		linux: {
			namespaces: [{ type: 'mount' }, { type: 'network' }],
			sysctl: { 'net/../../sysrq-trigger': 'c' },
		},
		expected: ["linux.sysctl the sysctl net/../../sysrq-trigger, which would be the machine's"],
	},
	'limits that it does not know': {
		linux: {
			...plain.linux,
			resources: { rdma: { a: { hcaHandles: 1 } }, memory: { swappiness: 3 }, cpu: { realtimeRuntime: 1 } },
		},
		expected: [
			'linux.resources.rdma "linux.resources.rdma"',
			'linux.resources.memory.swappiness "linux.resources.memory.swappiness"',
			'linux.resources.cpu.realtimeRuntime "linux.resources.cpu.realtimeRuntime"',
		],
	},
	'limits that it knows': {
		linux: {
			...plain.linux,
			resources: { memory: { limit: 1 }, cpu: { shares: 2 }, pids: { limit: 3 }, devices: [] },
		},
		expected: [],
	},
	'a mount option of runc': {
		spec: { mounts: [{ destination: '/x', type: 'tmpfs', options: ['tmpcopyup'] }] },
		expected: ['mounts the mount option "tmpcopyup" of /x'],
	},
	'words that only mount(8) knows': {
		spec: {
			mounts: [
				{ destination: '/x', type: 'tmpfs', options: ['size=1m', 'rnodiratime'] },
				{ destination: '/y', type: 'tmpfs', options: ['size=1m', 'noatime'] },
			],
		},
		expected: ['mounts the mount option "rnodiratime" of /x'],
	},
	'a word that a bind can not have': {
		spec: { mounts: [{ destination: '/x', source: '/y', options: ['rbind', 'nosiud'] }] },
		expected: ['mounts the mount option "nosiud" of /x'],
	},
	'binds in /proc': {
		spec: {
			mounts: [
				{ destination: '/x/../proc/./version', source: '/y', options: ['bind'] },
				{ destination: '/proc', type: 'bind', source: '/y' },
				{ destination: '/proc', type: 'bind', source: '/proc/' },
				{ destination: '/proc/uptime', type: 'bind', source: '/y' },
				{ destination: '/process', type: 'bind', source: '/y' },
				{ destination: '/proc/sys', type: 'tmpfs' },
			],
		},
		expected: ['/x/../proc/./version', '/proc'].map(
			(path) => `mounts a bind over ${path}, which is the kernel's`,
		),
	},
	'a mount with mapped users': {
		spec: { mounts: [{ destination: '/x', type: 'bind', uidMappings: [{ hostID: 1 }] }] },
		expected: ['mounts.uidMappings "mounts.uidMappings"'],
	},
	'an unknown propagation': {
		linux: { ...plain.linux, rootfsPropagation: 'rsharde' },
		expected: ['linux.rootfsPropagation the propagation "rsharde"'],
	},
	'a variable without a value': {
		spec: { process: { ...plain.process, env: ['A=', 'B', '=c'] } },
		expected: [
			'process.env the variable "B", which is not NAME=VALUE',
			'process.env the variable "=c", which is not NAME=VALUE',
		],
	},
	'an unknown capability': {
		spec: { process: { ...plain.process, capabilities: { bounding: ['CAP_X'], effective: ['CAP_X'] } } },
		expected: ['process.capabilities the capability CAP_X, which no kernel has'],
	},
	'swap without a limit of memory': {
		linux: { ...plain.linux, resources: { memory: { swap: 5 } } },
		expected: ['linux.resources.memory.swap "linux.resources.memory.swap" below or without "limit"'],
	},
	'swap below the limit of memory': {
		linux: { ...plain.linux, resources: { memory: { limit: 6, swap: 5 } } },
		expected: ['linux.resources.memory.swap "linux.resources.memory.swap" below or without "limit"'],
	},
	'a limit that is a path': {
		linux: { ...plain.linux, resources: { unified: { 'memory.high': '1', '../x': '1' } } },
		expected: ['linux.resources.unified "linux.resources.unified" with the name "../x"'],
	},
	'a key that nobody knows': {
		spec: { futurity: 1, process: { ...plain.process, later: { a: 1 } } },
		linux: {
			...plain.linux,
			seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: [], new: 1 }] },
		},
		expected: ['process.later', 'linux.seccomp.syscalls.new', 'futurity'].map((key) => `${key} "${key}"`),
	},
	'keys without a value': {
		spec: { hooks: {}, process: { ...plain.process, apparmorProfile: '', terminal: false } },
		linux: { ...plain.linux, uidMappings: [], resources: { rdma: {}, blockIO: null } },
		expected: [],
	},
	'a seccomp flag': {
		linux: {
			...plain.linux,
			seccomp: { defaultAction: 'SCMP_ACT_ALLOW', flags: ['SECCOMP_FILTER_FLAG_LOG'] },
		},
		expected: ['linux.seccomp the seccomp flag SECCOMP_FILTER_FLAG_LOG'],
	},
};

for (const [what, { spec = {}, linux = plain.linux, expected }] of Object.entries(cases)) {
	test(`engineRefusals() of ${what}`, (t) => {
		const whole = { ...plain, linux, ...spec } as RuntimeSpec;
		const found = engineRefusals(whole);
		t.deepEqual(
			found.map(({ key, what }) => `${key} ${what}`),
			expected,
		);
	});
}

test('refusalText() and runRefusalText() say what to do', (t) => {
	const refusals = [
		{ key: 'hooks', what: 'hooks' },
		{ key: 'process.terminal', what: 'a terminal' },
	];
	const advice = 'Change the option, or the image, that asks for it.';
	t.is(runRefusalText(refusals), `service run can't do hooks, a terminal. ${advice}`);
	t.is(
		refusalText(refusals),
		"the built-in engine can't do hooks, a terminal. Use runc, which is the default.",
	);
});
