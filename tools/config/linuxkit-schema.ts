// LinuxKit's YAML format (its docs/yaml.md), the one place where it is written down.

import { capabilityNames } from './capabilities.ts';
import {
	bindProblem,
	capabilitiesProblem,
	capabilityProblem,
	deviceProblem,
	fileModeProblem,
	filePathProblem,
	fileProblem,
	imageProblem,
	kernelImageProblem,
	mountProblem,
	nameProblem,
	platformProblem,
	rlimitProblem,
	serviceNameProblem,
	tmpfsProblem,
	volumeFormatProblem,
	volumeFormats,
	volumeNameProblem,
	volumeProblem,
} from './checks.ts';
import { resources } from './resources-schema.ts';
import {
	boolean,
	type Check,
	checked,
	int64,
	list,
	map,
	type RecordSchema,
	record,
	type Schema,
	string,
	uint32,
} from './schema.ts';
import { seccomp } from './seccomp-schema.ts';
import { onbootKeys, onshutdownKeys, serviceKeys } from './supervision-schema.ts';

const id: Schema = { type: 'id' };
const image = checked(imageProblem);
const mode = checked(fileModeProblem);
const capability: Schema = {
	type: 'string',
	check: capabilityProblem,
	oneOf: ['all', 'none', 'ALL', 'NONE', 'All', 'None', ...capabilityNames],
};
const capabilities: Schema = { type: 'list', of: capability, check: capabilitiesProblem };

const idMapping = record({ hostID: uint32, containerID: uint32, size: uint32 });

const mount = record({ destination: string, type: string, source: string, options: list(string) });

const runtime = record({
	cgroups: list(string),
	mounts: list(mount),
	mkdir: list(string),
	interfaces: list(record({ name: string, add: string, peer: string, createInRoot: boolean })),
	bindNS: record({
		cgroup: string,
		ipc: string,
		mnt: string,
		net: string,
		pid: string,
		user: string,
		uts: string,
	}),
	namespace: string,
});

const device: RecordSchema = {
	...record({ path: string, type: string, major: int64, minor: int64, mode }),
	required: ['path'],
	check: deviceProblem,
};

/** In LinuxKit's order, which `metadata` files keep. What a container can be told, in the YAML and, as defaults, in the label `org.mobyproject.config`. */
export const containerKeys = {
	capabilities,
	'capabilities.add': capabilities,
	ambient: capabilities,
	mounts: list({
		// LinuxKit's schema spells these two in lower case.
		...record({ ...mount.keys, uidmappings: list(idMapping), gidmappings: list(idMapping) }),
		check: mountProblem,
	}),
	binds: list(checked(bindProblem)),
	'binds.add': list(checked(bindProblem)),
	devices: list(device),
	tmpfs: list(checked(tmpfsProblem)),
	command: list(string),
	env: list(string),
	cwd: string,
	net: string,
	pid: string,
	ipc: string,
	uts: string,
	userns: string,
	hostname: string,
	readonly: boolean,
	maskedPaths: list(string),
	readonlyPaths: list(string),
	uid: id,
	gid: id,
	additionalGids: list(id),
	noNewPrivileges: boolean,
	seccomp,
	// Of /proc/PID/oom_score_adj (proc(5)).
	oomScoreAdj: { type: 'integer', minimum: -1000n, maximum: 1000n },
	rootfsPropagation: string,
	cgroupsPath: string,
	resources,
	sysctl: map(string),
	rlimits: list(checked(rlimitProblem)),
	uidMappings: list(idMapping),
	gidMappings: list(idMapping),
	annotations: map(string),
	runtime,
} satisfies Record<string, Schema>;

/** @param supervision - the keys of its section */
function container(name: Check<string>, supervision: Readonly<Record<string, Schema>>): RecordSchema {
	return {
		...record({ name: checked(name), image, ...containerKeys, ...supervision }),
		required: ['name', 'image'],
		located: true,
	};
}

const file: RecordSchema = {
	...record({
		path: checked(filePathProblem),
		directory: boolean,
		symlink: string,
		contents: string,
		source: string,
		metadata: string,
		optional: boolean,
		mode,
		uid: id,
		gid: id,
	}),
	required: ['path'],
	check: fileProblem,
	located: true,
};

const volume: RecordSchema = {
	...record({
		name: checked(volumeNameProblem),
		// Empty as absent: a blank volume.
		image: checked((name) => (name === '' ? null : imageProblem(name))),
		readonly: boolean,
		format: { type: 'string', check: volumeFormatProblem, oneOf: volumeFormats },
		platforms: list(checked(platformProblem)),
	}),
	required: ['name'],
	check: volumeProblem,
	located: true,
};

export const systemSchema: RecordSchema = record({
	kernel: {
		...record({
			image: checked(kernelImageProblem),
			cmdline: string,
			binary: string,
			tar: string,
			ucode: string,
		}),
		// No key is required: another file may bring the image.
		located: true,
	},
	init: list({ type: 'image', check: imageProblem }),
	onboot: list(container(nameProblem, onbootKeys)),
	onshutdown: list(container(nameProblem, onshutdownKeys)),
	services: { type: 'list', of: container(serviceNameProblem, serviceKeys), unique: 'name' },
	files: list(file),
	volumes: { type: 'list', of: volume, unique: 'name' },
	// Keys of 2017. `trust` asked for signatures of a service that is gone; here for a digest, or a signature by `keys`.
	trust: {
		...record({ image: list(image), org: list(string), keys: list(string), labels: list(image) }),
		located: true,
	},
	outputs: list(record({ format: string })),
});

/** The same keys in an image's label, where a name or an image makes no sense. */
export const labelSchema: RecordSchema = record(containerKeys);
