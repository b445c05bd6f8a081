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
	'symlinkIfThere',
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

/**
 * Steps as C++ reads them (native/src/container-steps.h): twelve fields a step, in the order of `ContainerStep` in C++, each ended by a
 * NUL. One string costs PID 1 less than a list of lists. The host stores such steps beside a bundle, hence names and no numbers for the words.
 */
export type PackedSteps = string;

const fieldCount = 12;

const withSource: readonly ContainerStep['call'][] = [
	'symlink',
	'replaceBySymlink',
	'symlinkIfThere',
	'write',
	'hostname',
	'bindNamespace',
	'keyring',
];

/** Checks the steps. Throws `ArgumentError`. */
export function packSteps(steps: readonly ContainerStep[]): PackedSteps {
	return steps.map(packStep).join('');
}

function packStep(step: ContainerStep, index: number): string {
	const { call, source = null, type = null, data = null, mountPoint = 'exists' } = step;
	const at = (key: string) => `container[${index}].${key}`;
	if (!calls.includes(call)) throw new ArgumentError(at('call'), 'a step of a container', call);
	if (!mountPoints.includes(mountPoint))
		throw new ArgumentError(at('mountPoint'), 'a kind of mount point', mountPoint);
	if (source === null && (withSource.includes(call) || mountPoint.startsWith('likeSource'))) {
		throw new ArgumentError(at('source'), 'a string', source);
	}
	const word = (key: 'target' | 'source' | 'type' | 'data'): string => text(at(key), step[key] ?? '');
	// PID 1 runs this cold for each step of a container, so what is absent is not checked. C++ reads nothing as 0.
	const number = (key: 'flags' | 'mode' | 'major' | 'minor' | 'uid' | 'gid'): string =>
		step[key] === undefined ? '' : String(int(at(key), step[key]) >>> 0);
	const fields = [
		call,
		word('target'),
		source === null ? '' : word('source'),
		type === null ? '' : word('type'),
		data === null ? '' : word('data'),
		number('flags'),
		mountPoint,
		number('mode'),
		number('major'),
		number('minor'),
		number('uid'),
		number('gid'),
	];
	return `${fields.join('\0')}\0`;
}

/** Returns what an error says of a step; undefined when there is no such step. */
export function packedStep(
	steps: PackedSteps,
	index: number,
): (Pick<ContainerStep, 'target' | 'source'> & { readonly call: string }) | undefined {
	if (index < 0) return undefined;
	const [call, target = '', source = ''] = steps
		.split('\0', (index + 1) * fieldCount)
		.slice(index * fieldCount);
	return call === undefined || call === ''
		? undefined
		: { call, target, source: source === '' ? null : source };
}
