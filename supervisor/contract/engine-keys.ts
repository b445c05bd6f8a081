// The built-in engine (supervisor/engine) has an answer for each key of `config.json` (OCI runtime-spec, config.md and
// config-linux.md) and of `runtime.json`. Pure. A key that is not here is refused, so none is dropped in silence; docs/guest.md has
// the same table for people.

import type { JsonRecord } from './json-shape.ts';

/** `needs nothing`: no runtime does anything for it here. */
export type EngineAnswer = 'does' | 'refuses' | 'needs nothing';

/** A key of objects, or of lists of objects, has a table of its own. */
export interface EngineKeys {
	readonly [key: string]: EngineAnswer | EngineKeys;
}

/** The keys of `config.json`. Keys below a refused one are not listed, nor the names of maps, such as those of `linux.sysctl`. */
export const configKeys: EngineKeys = {
	ociVersion: 'needs nothing',
	process: {
		...answers('does', 'args', 'env', 'cwd', 'noNewPrivileges', 'apparmorProfile', 'oomScoreAdj'),
		user: { ...answers('does', 'uid', 'gid', 'umask', 'additionalGids'), username: 'refuses' },
		capabilities: answers('does', 'bounding', 'effective', 'inheritable', 'permitted', 'ambient'),
		rlimits: answers('does', 'type', 'soft', 'hard'),
		// Without a terminal it has no meaning.
		consoleSize: 'needs nothing',
		...answers('refuses', 'terminal', 'commandLine', 'selinuxLabel', 'ioPriority'),
		...answers('refuses', 'scheduler', 'execCPUAffinity'),
	},
	root: answers('does', 'path', 'readonly'),
	hostname: 'does',
	domainname: 'refuses',
	mounts: {
		...answers('does', 'destination', 'type', 'source', 'options'),
		...answers('refuses', 'uidMappings', 'gidMappings'),
	},
	annotations: 'needs nothing',
	hooks: 'refuses',
	linux: {
		namespaces: answers('does', 'type', 'path'),
		devices: answers('does', 'path', 'type', 'major', 'minor', 'fileMode', 'uid', 'gid'),
		...answers('does', 'cgroupsPath', 'sysctl', 'rootfsPropagation', 'maskedPaths', 'readonlyPaths'),
		resources: {
			devices: answers('does', 'allow', 'type', 'major', 'minor', 'access'),
			memory: {
				...answers('does', 'limit', 'reservation', 'swap'),
				...answers('refuses', 'kernel', 'kernelTCP', 'swappiness', 'disableOOMKiller', 'useHierarchy'),
				checkBeforeUpdate: 'refuses',
			},
			cpu: {
				...answers('does', 'shares', 'quota', 'period', 'cpus', 'mems'),
				...answers('refuses', 'burst', 'realtimeRuntime', 'realtimePeriod', 'idle'),
			},
			pids: answers('does', 'limit'),
			unified: 'does',
			...answers('refuses', 'blockIO', 'hugepageLimits', 'network', 'rdma'),
		},
		seccomp: {
			...answers('does', 'defaultAction', 'defaultErrnoRet', 'architectures', 'flags'),
			syscalls: {
				...answers('does', 'names', 'action', 'errnoRet'),
				args: answers('does', 'index', 'value', 'valueTwo', 'op'),
			},
			...answers('refuses', 'listenerPath', 'listenerMetadata'),
		},
		...answers(
			'refuses',
			'uidMappings',
			'gidMappings',
			'timeOffsets',
			'intelRdt',
			'mountLabel',
			'personality',
		),
		...answers('refuses', 'netDevices', 'memoryPolicy'),
	},
	...answers('refuses', 'solaris', 'windows', 'vm', 'zos', 'freebsd'),
};

/** The keys of `runtime.json`. */
export const runtimeKeys = {
	cgroups: 'does',
	mounts: 'does',
	mkdir: 'does',
	interfaces: 'does',
	bindNS: 'does',
	// It is containerd's, for services.
	namespace: 'needs nothing',
} as const;

function answers(answer: EngineAnswer, ...keys: readonly string[]): EngineKeys {
	return Object.fromEntries(keys.map((key) => [key, answer]));
}

/** Returns the keys that have a value and that the engine does not take, as `process.terminal`, each once and in the order of the file. */
export function refusedKeys(
	record: JsonRecord,
	keys: EngineKeys = configKeys,
	place = '',
): readonly string[] {
	const found = new Set<string>();
	collect(record, keys, place, found);
	return [...found];
}

/** Plain loops: PID 1 runs this cold, for each container. */
function collect(value: unknown, keys: EngineKeys, place: string, found: Set<string>): void {
	if (Array.isArray(value)) {
		for (const each of value) collect(each, keys, place, found);
		return;
	}
	if (typeof value !== 'object' || value === null) return;
	for (const [key, each] of Object.entries(value)) {
		const answer = Object.hasOwn(keys, key) ? keys[key] : undefined;
		const path = place === '' ? key : `${place}.${key}`;
		if (typeof answer === 'object') collect(each, answer, path, found);
		else if ((answer === undefined || answer === 'refuses') && !isEmpty(each)) found.add(path);
	}
}

/** Go leaves out such a value, or writes it for what is not set. */
function isEmpty(value: unknown): boolean {
	if (value === undefined || value === null || value === '' || value === false) return true;
	if (typeof value !== 'object') return false;
	return Object.values(value).every(isEmpty);
}
