// The settings of a container in LinuxKit's YAML format (its docs/yaml.md): what stands in a YAML and, as defaults, in the
// label `org.mobyproject.config` of an image.

import { capabilityNames } from '../../supervisor/contract/capabilities.ts';
import { apparmor } from './apparmor-schema.ts';
import {
	bindProblem,
	capabilitiesProblem,
	capabilityProblem,
	deviceProblem,
	environmentProblem,
	fileModeProblem,
	hostnameProblem,
	mountProblem,
	namespaceProblem,
	networkProblem,
	rlimitProblem,
	tmpfsProblem,
	userNamespaceProblem,
} from './checks.ts';
import { resources } from './resources-schema.ts';
import { runtime } from './runtime-schema.ts';
import {
	boolean,
	described,
	id,
	int64,
	integer,
	list,
	record,
	string,
	stringMap,
	strings,
	uint32,
	word,
} from './schema.ts';
import { seccomp } from './seccomp-schema.ts';
import { bindHint, commandHint, deviceHint, environmentHint, variableHint } from './value-hints.ts';

const capabilityWords: readonly string[] = ['all', 'none', 'ALL', 'NONE', 'All', 'None', ...capabilityNames];

function capabilities(description: string, ...examples: readonly (readonly string[])[]) {
	return list(description, word('', capabilityWords, capabilityProblem), {
		check: capabilitiesProblem,
		...(examples.length === 0 ? {} : { examples }),
	});
}

const idMapping = record({
	hostID: uint32('The first number outside of the container. Default: 0.'),
	containerID: uint32('The first number in the container. Default: 0.'),
	size: uint32('How many numbers in a row are mapped. Default: 0.'),
});

const idMappingExamples = [[{ containerID: 0, hostID: 100_000, size: 65_536 }]];

const mountKeys = {
	destination: string(
		'The absolute path in the container. The types `proc`, `sysfs`, `devpts`, `mqueue` and `cgroup` have a default.',
		{ examples: ['/data'] },
	),
	type: string(
		'The type of file system, or `bind`. Default: the `source`, if it is `proc`, `sysfs`, `devpts`, `mqueue` or ' +
			'`cgroup`.',
		{ examples: ['tmpfs', 'bind'] },
	),
	source: string(
		'What is mounted: a device, a path or, with the type `bind`, the name of a volume. Default: the type.',
		{ examples: ['/var/lib/data'] },
	),
	options: strings('Options as mount(8) has them, and those of the file system. Default: none.', {
		examples: [['nosuid', 'nodev', 'size=10m']],
	}),
};

const device = record(
	{
		path: string('The absolute path of the device in the container, or `all` for a rule without a node.', {
			examples: ['/dev/console'],
		}),
		type: string(
			'The type: `c` (character), `b` (block), `u` (unbuffered character), `p` (pipe) or `a` (all). Required unless ' +
				'the path is `all`.',
			{ examples: ['c'] },
		),
		major: int64('The major number of the device. Default: 0.', { examples: [5] }),
		minor: int64('The minor number of the device. Default: 0.', { examples: [1] }),
		mode: string('The mode of the node in octal digits, in quotes. Required unless the path is `all`.', {
			check: fileModeProblem,
			examples: ['0666'],
		}),
	},
	{ required: ['path'], check: deviceProblem },
);

const mount = record(
	{
		...mountKeys,
		// LinuxKit's schema spells these two in lower case.
		uidmappings: list('How users of the mount are mapped. Default: not at all.', idMapping, {
			examples: idMappingExamples,
		}),
		gidmappings: list('How groups of the mount are mapped. Default: not at all.', idMapping, {
			examples: idMappingExamples,
		}),
	},
	{ check: mountProblem },
);

/** Describes a namespace that a container shares with the system unless the YAML asks for another. */
function namespace(what: string, words = '`new` for one of its own, `host` for the one of the system') {
	const check =
		what === 'network' ? networkProblem : what === 'user' ? userNamespaceProblem : namespaceProblem;
	return string(`The ${what} namespace: ${words}, or the path of one to join. Default: \`host\`.`, { check });
}

/** The settings in LinuxKit's order, which `metadata` files keep. */
export const containerKeys = {
	capabilities: capabilities(
		'Capabilities of the program (capabilities(7)); `all` and `none` stand alone. Default: those of the image.',
		['CAP_NET_BIND_SERVICE', 'CAP_SETUID', 'CAP_SETGID'],
		['all'],
	),
	'capabilities.add': capabilities(
		'Capabilities beside those of the image. It has no effect when `capabilities` is given.',
		['CAP_SYS_TIME'],
	),
	ambient: capabilities(
		'Ambient capabilities, which a program keeps that is not run by root. Default: those of the image.',
		['CAP_NET_BIND_SERVICE'],
	),
	mounts: list(
		'Mounts in the container, in place of those of the image. A mount replaces another one on the same path.',
		mount,
		{ examples: [[{ type: 'tmpfs', destination: '/cache', options: ['size=10m'] }]] },
	),
	binds: strings(
		'Paths of the system, or names of volumes, and where they are in the container: `SOURCE:DESTINATION[:OPTIONS]`. ' +
			'Options default to `rw,rshared`. Default: the binds of the image.',
		{
			check: bindProblem,
			itemHint: bindHint,
			examples: [['/etc/resolv.conf:/etc/resolv.conf', '/run:/run:ro']],
		},
	),
	'binds.add': strings('Binds beside those of the image. It has no effect when `binds` is given.', {
		check: bindProblem,
		itemHint: bindHint,
		examples: [['/etc/ssl/certs:/etc/ssl/certs:ro']],
	}),
	devices: list(
		'Devices that the container has and may use. Default: those of the image.',
		described('', device, { hint: deviceHint }),
		{
			examples: [[{ path: '/dev/console', type: 'c', major: 5, minor: 1, mode: '0666' }], [{ path: 'all' }]],
		},
	),
	tmpfs: strings(
		'Paths in the container where a file system in memory is mounted: `DESTINATION[:OPTIONS]`. Default: those of the ' +
			'image.',
		{ check: tmpfsProblem, examples: [['/tmp:size=10m,mode=1777']] },
	),
	command: strings('The program and its arguments. Default: `Entrypoint` and `Cmd` of the image.', {
		hint: commandHint,
		examples: [['/usr/sbin/nginx', '-g', 'daemon off;']],
	}),
	env: strings('The environment, `NAME=VALUE` each. Default: the environment of the image.', {
		hint: environmentHint,
		itemHint: variableHint,
		check: environmentProblem,
		examples: [['PATH=/usr/bin:/bin', 'INSECURE=true']],
	}),
	cwd: string('The working directory, an absolute path. Default: `WorkingDir` of the image, else `/`.', {
		examples: ['/srv'],
	}),
	net: namespace(
		'network',
		'`bridge` for one of its own with an address on the bridge `slip0`, `new` or `none` for one with nothing in it, `host` ' +
			'for the one of the system',
	),
	pid: string(
		'The PID namespace: `new`, `host` for the one of the system, or the path of one to join. Default: `new`.',
		{ check: namespaceProblem },
	),
	ipc: namespace('IPC'),
	uts: namespace('UTS (hostname)'),
	userns: namespace(
		'user',
		'`auto` for one of its own whose users, root too, are a range of the system that no other container has, `new` for one ' +
			'with the mappings of `uidMappings` and `gidMappings`, `host` for the one of the system',
	),
	hostname: string('The hostname, for a container with `uts: new`. Default: the hostname of the system.', {
		check: hostnameProblem,
		examples: ['web'],
	}),
	readonly: boolean(
		"Makes the container's root read-only. Otherwise writes go to memory and are lost when the machine ends. " +
			'Default: false.',
	),
	maskedPaths: strings(
		"Paths in the container that cannot be read. Default: those of the image, else Docker's; with CAP_SYS_ADMIN none.",
		{
			examples: [['/proc/kcore']],
		},
	),
	readonlyPaths: strings(
		"Paths in the container that cannot be written. Default: those of the image, else Docker's and `/sys`; with " +
			'CAP_SYS_ADMIN none.',
		{
			examples: [['/proc/sys']],
		},
	),
	uid: id(
		'The user of the program: a number, or the name of a container, which stands for a number of its own. Default: 0.',
		{
			examples: [1000, 'redis'],
		},
	),
	gid: id('The group of the program: a number, or the name of a container. Default: 0.', {
		examples: [1000],
	}),
	additionalGids: list('Further groups of the program. Default: none.', id(), { examples: [[10, 20]] }),
	noNewPrivileges: boolean(
		'Keeps the program from getting more privileges by set-user-ID programs or file capabilities. Default: true ' +
			'for a container without any capability, else false.',
	),
	seccomp,
	apparmor,
	oomScoreAdj: integer(
		-1000n,
		1000n,
		'The adjustment of the score by which the kernel chooses what to kill when memory is short (proc(5)). Default: 0.',
		{ examples: [-500] },
	),
	rootfsPropagation: string(
		"The propagation of mounts of the container's root: `private`, `slave`, `shared` or `unbindable`, each also with " +
			"`r` before it. Default: runc's, `rprivate`.",
		{ examples: ['rshared'] },
	),
	cgroupsPath: string(
		'The path of the control group of the container, such as one of `runtime.cgroups`. Default: one that is named ' +
			'after the container.',
		{ examples: ['podruntime/web'] },
	),
	resources,
	sysctl: stringMap('Kernel parameters (sysctl(8)) in the namespaces of the container. Default: none.', {
		examples: [{ 'net.ipv4.ip_forward': '1' }],
	}),
	rlimits: strings(
		'Limits of the process (getrlimit(2)): `NAME,SOFT,HARD` with numbers or `unlimited`. Default: those of the system.',
		{ check: rlimitProblem, examples: [['nofile,1024,4096', 'core,unlimited,unlimited']] },
	),
	uidMappings: list('How users of a new user namespace are mapped. Default: not at all.', idMapping, {
		examples: idMappingExamples,
	}),
	gidMappings: list('How groups of a new user namespace are mapped. Default: not at all.', idMapping, {
		examples: idMappingExamples,
	}),
	annotations: stringMap('Annotations of the runtime-spec, for programs that read them. Default: none.', {
		examples: [{ 'org.example.owner': 'web' }],
	}),
	runtime,
};

/** The settings in an image's label, where a name and an image have no meaning. */
export const labelSchema = record(containerKeys);
