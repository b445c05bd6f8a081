// The steps by which a child of `spawn` makes its own root and goes into it, for C++ (native/src/container-plan.h).

import { ArgumentError, int, text } from './check.ts';

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
	'readonlyBelow',
	'write',
	'hostname',
	'bindNamespace',
	'loopback',
	'keyring',
	'pivot',
	'umask',
] as const;

/** The order is that of `MountPoint` in C++. */
const mountPoints = [
	'exists',
	'folder',
	'likeSource',
	'likeSourceOutsideProc',
	'plainFolder',
	'folderWithMode',
] as const;

/**
 * One step. `target` is a path in the container's root, which no link leads out of; of `mountOutside`, `root`, `write`
 * and `bindNamespace` it is a path of the caller's mount namespace.
 */
export interface ContainerStep {
	readonly call: (typeof calls)[number];
	readonly target?: string;
	/** What is mounted, linked to, written, or the name. */
	readonly source?: string | null;
	/** The file system's type, for `mount`. */
	readonly type?: string | null;
	/** The file system's options, for `mount`; the file of a mount namespace, for `bindNamespace`. */
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

/** A list, whose elements C++ reads without their names (native/src/container-steps.h). Its order is that of `ContainerStep` in C++. */
export type CompleteContainerStep = readonly [
	call: number,
	target: string,
	source: string | null,
	type: string | null,
	data: string | null,
	flags: number,
	mountPoint: number,
	mode: number,
	major: number,
	minor: number,
	uid: number,
	gid: number,
];

const withSource: readonly ContainerStep['call'][] = [
	'symlink',
	'replaceBySymlink',
	'write',
	'hostname',
	'bindNamespace',
	'keyring',
];

/** Checks a step and numbers its words. Throws `ArgumentError`. */
export function completeStep(step: ContainerStep, index: number): CompleteContainerStep {
	const { call, source = null, type = null, data = null, mountPoint = 'exists' } = step;
	const at = (key: string) => `container[${index}].${key}`;
	const callNumber = calls.indexOf(call);
	const mountPointNumber = mountPoints.indexOf(mountPoint);
	if (callNumber === -1) throw new ArgumentError(at('call'), 'a step of a container', call);
	if (mountPointNumber === -1) throw new ArgumentError(at('mountPoint'), 'a kind of mount point', mountPoint);
	if (source === null && (withSource.includes(call) || mountPoint.startsWith('likeSource'))) {
		throw new ArgumentError(at('source'), 'a string', source);
	}
	// PID 1 runs this cold for each step of a container, so what is absent is not checked.
	const number = (key: 'flags' | 'mode' | 'major' | 'minor' | 'uid' | 'gid'): number =>
		step[key] === undefined ? 0 : int(at(key), step[key]);
	return [
		callNumber,
		text(at('target'), step.target ?? ''),
		source === null ? null : text(at('source'), source),
		type === null ? null : text(at('type'), type),
		data === null ? null : text(at('data'), data),
		number('flags'),
		mountPointNumber,
		number('mode'),
		number('major'),
		number('minor'),
		number('uid'),
		number('gid'),
	];
}
