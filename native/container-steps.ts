// The steps by which a child of `spawn` makes its own root and goes into it, for C++ (native/src/container-plan.h).

import { ArgumentError, int, text, textOrNull } from './check.ts';

/** The order is that of `ContainerCall` in C++, which says what each does. */
const calls = [
	'mountOutside',
	'root',
	'mount',
	'mkdir',
	'mknod',
	'symlink',
	'replaceBySymlink',
	'mask',
	'readonly',
	'write',
	'hostname',
	'loopback',
	'keyring',
	'pivot',
	'umask',
] as const;

/** The order is that of `MountPoint` in C++. */
const mountPoints = ['exists', 'folder', 'likeSource', 'plainFolder', 'folderWithMode'] as const;

/**
 * One step. `target` is a path in the container's root, which no link leads out of; of `mountOutside`, `root` and `write`
 * it is a path of the caller's mount namespace.
 */
export interface ContainerStep {
	readonly call: (typeof calls)[number];
	readonly target?: string;
	/** What is mounted, linked to, written, or the name. */
	readonly source?: string | null;
	/** The file system's type, for `mount`. */
	readonly type?: string | null;
	/** The file system's options, for `mount`. */
	readonly data?: string | null;
	/** `MS_*`. */
	readonly flags?: number;
	/** What must be at the target of a mount, or is made there. Default: `exists`. */
	readonly mountPoint?: (typeof mountPoints)[number];
	/** The type and mode of a device's node; the mask of `umask`. */
	readonly mode?: number;
	readonly major?: number;
	readonly minor?: number;
	readonly uid?: number;
	readonly gid?: number;
}

export interface CompleteContainerStep {
	readonly call: number;
	readonly target: string;
	readonly source: string | null;
	readonly type: string | null;
	readonly data: string | null;
	readonly flags: number;
	readonly mountPoint: number;
	readonly mode: number;
	readonly major: number;
	readonly minor: number;
	readonly uid: number;
	readonly gid: number;
}

const withSource: readonly ContainerStep['call'][] = [
	'symlink',
	'replaceBySymlink',
	'write',
	'hostname',
	'keyring',
];

/** Checks a step and numbers its words. Throws `ArgumentError`. */
export function completeStep(step: ContainerStep, index: number): CompleteContainerStep {
	const at = (key: string) => `container[${index}].${key}`;
	const call = calls.indexOf(step.call);
	const mountPoint = mountPoints.indexOf(step.mountPoint ?? 'exists');
	if (call === -1) throw new ArgumentError(at('call'), 'a step of a container', step.call);
	if (mountPoint === -1) throw new ArgumentError(at('mountPoint'), 'a kind of mount point', step.mountPoint);
	const source = textOrNull(at('source'), step.source ?? null);
	if (source === null && (withSource.includes(step.call) || step.mountPoint === 'likeSource')) {
		throw new ArgumentError(at('source'), 'a string', source);
	}
	return {
		call,
		target: text(at('target'), step.target ?? ''),
		source,
		type: textOrNull(at('type'), step.type ?? null),
		data: textOrNull(at('data'), step.data ?? null),
		flags: int(at('flags'), step.flags ?? 0),
		mountPoint,
		mode: int(at('mode'), step.mode ?? 0),
		major: int(at('major'), step.major ?? 0),
		minor: int(at('minor'), step.minor ?? 0),
		uid: int(at('uid'), step.uid ?? 0),
		gid: int(at('gid'), step.gid ?? 0),
	};
}
