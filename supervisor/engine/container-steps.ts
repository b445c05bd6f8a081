// The steps by which a container gets its root (OCI runtime-spec, config.md and config-linux.md). Pure.
//
// The order is runc's: the root's propagation, mounts in the order of the file, devices and links of /dev, the working
// directory, sysctls, read-only and hidden paths, and at last the change of the root. The host works out those inside the root for a
// container that names the engine (start-plan.ts).

import { isAbsolute, join, posix } from 'node:path';
import { constant, flags } from '../../native/linux/constant.ts';
import { type KernelConstants, type Mount, mountCalls } from '../../native/linux/mount-calls.ts';
import type { ContainerStep } from '../../native/native.ts';
import type { BoundNamespace } from '../bundle/prepare-process.ts';
import { recursiveReadonly } from '../contract/engine-refusals.ts';
import { isRecord } from '../contract/json-shape.ts';
import { mayBindInProc } from '../contract/proc-binds.ts';
import type { RuntimeSpec } from '../contract/runtime-spec.ts';
import { deviceNodes } from './device-nodes.ts';

/** What is known when a container starts. */
export interface ContainerRoot {
	readonly id: string;
	/** The root file system, absolute. */
	readonly rootfs: string;
	/** The mount point in which `rootfs` lies, in PID 1's mount namespace. */
	readonly parentMount: string;
	/** What is mounted on `rootfs`, for the container alone; null for a directory that is the root as it is. */
	readonly overlay: OverlayRoot | null;
	/** What outlives the container. */
	readonly boundNamespaces: readonly BoundNamespace[];
	/** The file of the caller's mount namespace. */
	readonly callerMounts: string;
}

/** The directories of an overlay (Documentation/filesystems/overlayfs.rst), without its separators in their names. */
export interface OverlayRoot {
	readonly lower: string;
	readonly upper: string;
	readonly work: string;
}

const defaultUmask = 0o022;

/** The steps up to the root, before those of `insideSteps()`. */
export function rootSteps(
	spec: RuntimeSpec,
	root: ContainerRoot,
	constants: KernelConstants,
): readonly ContainerStep[] {
	const bits = bitsOf(constants);
	return [
		{ call: 'keyring', source: `_ses.${root.id}` },
		...(hasNewNetwork(spec) ? [{ call: 'loopback' } as const] : []),
		...root.boundNamespaces.map(({ kind, path }): ContainerStep => {
			return {
				call: 'bindNamespace',
				source: `/proc/self/ns/${kind}`,
				target: path,
				data: root.callerMounts,
			};
		}),
		outside('/', propagationFlags(spec.linux?.['rootfsPropagation'], bits) ?? bits('MS_SLAVE', 'MS_REC')),
		// pivot_root(2) refuses a parent that is shared.
		outside(root.parentMount, bits('MS_PRIVATE')),
		...(root.overlay === null ? [] : [overlayStep(root.rootfs, root.overlay)]),
		outside(root.rootfs, bits('MS_BIND', 'MS_REC'), root.rootfs),
		{ call: 'root', target: root.rootfs },
	];
}

/**
 * All further steps, into the root: what is known when a system is built.
 *
 * @param folder - the bundle's, to which relative sources belong
 */
export function insideSteps(
	spec: RuntimeSpec,
	folder: string,
	constants: KernelConstants,
): readonly ContainerStep[] {
	const { mounts = [], linux = {} } = spec;
	const propagation = propagationFlags(linux['rootfsPropagation'], bitsOf(constants));
	const hasOwnDev = !mounts.some((mount) => clean(mount.destination) === '/dev' && isBind(mount));
	return [
		...mounts.flatMap((mount) => mountSteps(mount, folder, constants)),
		...(hasOwnDev ? deviceSteps(spec, constants) : []),
		{ call: 'mkdir', target: spec.process.cwd },
		...mounts.flatMap((mount) => lateReadonly(mount, constants)),
		...(spec.hostname ? [{ call: 'hostname', source: spec.hostname } as const] : []),
		...sysctlSteps(linux['sysctl']),
		...(spec.root.readonly === true ? [{ call: 'readonly', target: '/' } as const] : []),
		...texts(linux['readonlyPaths']).map((path) => ({ call: 'readonly', target: clean(path) }) as const),
		...texts(linux['maskedPaths']).map((path) => ({ call: 'mask', target: clean(path) }) as const),
		{ call: 'pivot' },
		...(propagation === null ? [] : [outside('/', propagation)]),
		{ call: 'umask', mode: umaskOf(spec) },
	];
}

function bitsOf(constants: KernelConstants): (...names: string[]) => number {
	return (...names) => flags({ constants }, names);
}

/** A mount of the caller's paths, in the child's mount namespace. */
function outside(target: string, bits: number, source: string | null = null): ContainerStep {
	return { call: 'mountOutside', target, source, flags: bits };
}

function overlayStep(target: string, { lower, upper, work }: OverlayRoot): ContainerStep {
	const data = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
	return { call: 'mountOutside', target, source: 'overlay', type: 'overlay', data };
}

function mountSteps(mount: Mount, folder: string, constants: KernelConstants): ContainerStep[] {
	const target = clean(mount.destination);
	const readonly = constant({ constants }, 'MS_RDONLY');
	const type = mount.type === 'cgroup' ? 'cgroup2' : mount.type;
	const source = isBind(mount) ? absoluteSource(mount.source ?? '', folder) : mount.source;
	const { options = [] } = mount;
	const isRecursive = isBind(mount) && options.includes(recursiveReadonly);
	const asked: Mount = {
		destination: target,
		options: options.filter((option) => !(isRecursive && option === recursiveReadonly)),
		...(type === undefined ? {} : { type }),
		...(source === undefined ? {} : { source }),
	};
	// A tmpfs becomes read-only only after its contents are in it.
	const isWrittenFirst = !isBind(mount) && (type === 'tmpfs' || target === '/dev');
	const calls = mountCalls(asked, target, constants).map(
		(call, index): ContainerStep => ({
			call: 'mount',
			target,
			source: call.source,
			type: call.type,
			data: call.data,
			flags: isWrittenFirst && index === 0 ? call.flags & ~readonly : call.flags,
			mountPoint: index === 0 ? mountPointOf(mount) : 'exists',
		}),
	);
	return isRecursive ? [...calls, { call: 'readonlyBelow', target }] : calls;
}

function mountPointOf(mount: Mount): NonNullable<ContainerStep['mountPoint']> {
	if (isBind(mount)) {
		return mayBindInProc(mount.destination, mount.source ?? '') ? 'likeSource' : 'likeSourceOutsideProc';
	}
	if (mount.options?.includes('remount')) return 'exists';
	if (mount.type === 'proc' || mount.type === 'sysfs') return 'plainFolder';
	const hasMode = mount.options?.some((option) => option.startsWith('mode='));
	return mount.type === 'tmpfs' && !hasMode ? 'folderWithMode' : 'folder';
}

function lateReadonly(mount: Mount, constants: KernelConstants): ContainerStep[] {
	const target = clean(mount.destination);
	const isWrittenFirst = !isBind(mount) && (mount.type === 'tmpfs' || target === '/dev');
	if (!isWrittenFirst || !mount.options?.includes('ro')) return [];
	const [call] = mountCalls({ ...mount, type: 'bind', source: '/' }, target, constants).slice(1);
	return call === undefined ? [] : [{ call: 'mount', target, flags: call.flags }];
}

/** The nodes and links that every container has (config-linux.md, Default Devices; runc's setupDevSymlinks). */
function deviceSteps(spec: RuntimeSpec, constants: KernelConstants): ContainerStep[] {
	const link = (target: string, source: string): ContainerStep => ({ call: 'symlink', target, source });
	return [
		...deviceNodes(spec.linux?.['devices'], constants),
		{ call: 'replaceBySymlink', target: '/dev/ptmx', source: 'pts/ptmx' },
		link('/dev/fd', '/proc/self/fd'),
		link('/dev/stdin', '/proc/self/fd/0'),
		link('/dev/stdout', '/proc/self/fd/1'),
		link('/dev/stderr', '/proc/self/fd/2'),
		// The kernel shows its memory as a file there.
		{ call: 'symlinkIfThere', target: '/dev/core', source: '/proc/kcore' },
	];
}

function sysctlSteps(sysctl: unknown): ContainerStep[] {
	return Object.entries(isRecord(sysctl) ? sysctl : {}).map(([name, value]) => ({
		call: 'write',
		target: `/proc/sys/${name.replaceAll('.', '/')}`,
		source: String(value),
	}));
}

function propagationFlags(word: unknown, bits: (...names: string[]) => number): number | null {
	const name = typeof word === 'string' ? word : '';
	const plain = name.startsWith('r') ? name.slice(1) : name;
	const kinds = ['shared', 'slave', 'private', 'unbindable'];
	if (!kinds.includes(plain)) return null;
	return plain === name ? bits(`MS_${plain.toUpperCase()}`) : bits(`MS_${plain.toUpperCase()}`, 'MS_REC');
}

function hasNewNetwork({ linux = {} }: RuntimeSpec): boolean {
	return (linux.namespaces ?? []).some(({ type, path }) => type === 'network' && !path);
}

function umaskOf({ process }: RuntimeSpec): number {
	const { umask } = process.user as { readonly umask?: unknown };
	return typeof umask === 'number' ? umask & 0o777 : defaultUmask;
}

function isBind({ type, options = [] }: Mount): boolean {
	return type === 'bind' || options.includes('bind') || options.includes('rbind');
}

function absoluteSource(source: string, folder: string): string {
	return isAbsolute(source) ? source : join(folder, source);
}

/** `..` above the root stays at the root, as in chroot(2). */
function clean(path: string): string {
	return posix.normalize(`/${path}`).replace(/(.)\/$/, '$1');
}

function texts(value: unknown): readonly string[] {
	return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}
