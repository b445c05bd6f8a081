// The built-in engine: starts the container of a bundle by one clone, without runc. What the child does between clone and
// exec are the steps of container-steps.ts; nothing else runs in the container but its program.
//
// The first process is a child of PID 1. The engine keeps no state: a container is its process and its cgroup.

import { closeSync, fchownSync, fstatSync, openSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { constant } from '../../native/linux/constant.ts';
import { readMountInfo } from '../../native/linux/mountinfo.ts';
import { type Native, packSteps, type SpawnRequest } from '../../native/native.ts';
import { boundNamespaces, makeBindPoint } from '../bundle/prepare-process.ts';
import type { Child, ChildProcesses } from '../context/child-processes.ts';
import { type EngineRefusal, engineRefusals, refusalText } from '../contract/engine-refusals.ts';
import type { RuntimeConfig } from '../contract/runtime-config.ts';
import type { Namespace, RuntimeSpec } from '../contract/runtime-spec.ts';
import {
	attachDeviceProgram,
	cgroupFolder,
	deviceProgram,
	killCgroup,
	makeCgroup,
	openCgroup,
	removeCgroup,
} from './container-cgroup.ts';
import { processRequest } from './container-process.ts';
import { insideSteps, type OverlayRoot, rootSteps } from './container-steps.ts';
import type { StartPlan } from './start-plan.ts';

export interface ContainerStart {
	/** Unique; it names the cgroup of a spec without `cgroupsPath`. */
	readonly id: string;
	/** The bundle's folder. */
	readonly folder: string;
	readonly spec: RuntimeSpec;
	readonly runtime: RuntimeConfig;
	/** The mount point of cgroup version 2. */
	readonly cgroupRoot: string;
	/** The descriptors 0, 1 and 2. The caller closes them. */
	readonly stdio: SpawnRequest['stdio'];
	/** The root is an overlay, mounted for the container alone on `spec.root.path`. Default: that directory itself. */
	readonly overlay?: OverlayRoot;
	/** What the host has worked out, without refusals (start-plan.ts). `spec` is the plan's then. */
	readonly plan?: StartPlan | null;
	/** Makes stdin the controlling terminal: the caller has opened a pty. Default: false. */
	readonly terminal?: boolean;
}

/** What names a container that has ended. */
type RemovedContainer = Pick<ContainerStart, 'id' | 'spec' | 'cgroupRoot'>;

export interface EngineContext {
	readonly native: Native;
	readonly children: ChildProcesses;
}

const removeTimeoutMs = 2000;
const removePauseMs = 10;

const clonedKinds: Readonly<Record<string, string>> = {
	pid: 'CLONE_NEWPID',
	network: 'CLONE_NEWNET',
	mount: 'CLONE_NEWNS',
	ipc: 'CLONE_NEWIPC',
	uts: 'CLONE_NEWUTS',
	cgroup: 'CLONE_NEWCGROUP',
};

/** The engine can't run the container as its bundle says. */
export class EngineError extends Error {
	readonly code = 'ERR_ENGINE';
	readonly refusals: readonly EngineRefusal[];

	constructor(refusals: readonly EngineRefusal[]) {
		super(refusalText(refusals));
		this.refusals = refusals;
	}
}

/**
 * Starts the container's program. Throws when it can't; nothing is left then but the cgroup's folder, for `removeContainer`,
 * and namespaces that `runtime.json` binds.
 */
export function startContainer({ native, children }: EngineContext, start: ContainerStart): Child {
	const { id, folder, spec, runtime, cgroupRoot, stdio, terminal = false, overlay = null } = start;
	const plan = start.plan ?? null;
	const refusals = plan === null ? engineRefusals(spec) : [];
	if (refusals.length > 0) throw new EngineError(refusals);
	const rootfs = isAbsolute(spec.root.path) ? spec.root.path : join(folder, spec.root.path);
	const opened: number[] = [];
	const open = (path: string): number => {
		const fd = openSync(path, 'r');
		opened.push(fd);
		return fd;
	};
	try {
		const filter = plan?.seccomp ?? null;
		const request = {
			...processRequest(spec, folder, rootfs, native),
			...(filter === null ? {} : { seccomp: filter }),
		};
		const bound = boundNamespaces(runtime);
		const parentMount = mountOf(rootfs, runtime);
		const callerMounts = `/proc/${process.pid}/ns/mnt`;
		const root = { id, rootfs, parentMount, overlay, boundNamespaces: bound, callerMounts };
		const toRoot = packSteps(rootSteps(spec, root, native.constants));
		const inside = plan?.steps ?? packSteps(insideSteps(spec, folder, native.constants));
		const cgroup = cgroupFolder(cgroupRoot, id, spec);
		makeCgroup(cgroupRoot, cgroup, spec);
		const cgroupFd = openCgroup(cgroup);
		opened.push(cgroupFd);
		const devices = plan?.devices ?? deviceProgram(spec.linux?.['resources']);
		attachDeviceProgram(native, cgroupFd, devices, closeSync);
		for (const { path } of bound) makeBindPoint(path);
		giveOutput(stdio, spec.process.user.uid);
		return children.start({
			...request,
			...namespacesOf(spec.linux?.namespaces ?? [], native, open),
			container: toRoot + inside,
			cgroupFd,
			stdio,
			...(terminal ? { controllingTerminal: true } : {}),
		});
	} finally {
		for (const fd of opened) closeSync(fd);
	}
}

/** Kills what is left of a container. Idempotent. */
export function killContainer({ id, spec, cgroupRoot }: RemovedContainer): void {
	killCgroup(cgroupFolder(cgroupRoot, id, spec));
}

/** Removes the cgroup of an ended container. Returns false while processes are in it. Idempotent. */
export function removeContainer({ id, spec, cgroupRoot }: RemovedContainer): boolean {
	return removeCgroup(cgroupFolder(cgroupRoot, id, spec));
}

/** Kills what is left of a container and removes its cgroup. Bounded. */
export async function endContainer(container: RemovedContainer, now: () => number): Promise<void> {
	killContainer(container);
	const end = now() + removeTimeoutMs;
	// The kernel frees a cgroup when the last process in it is reaped.
	while (!removeContainer(container) && now() < end) {
		await new Promise((resolve) => setTimeout(resolve, removePauseMs));
	}
}

/** A path is entered; a cgroup namespace begins at the container's cgroup, so it is made once that is entered. */
function namespacesOf(
	namespaces: readonly Namespace[],
	native: Pick<Native, 'constants'>,
	open: (path: string) => number,
): Pick<SpawnRequest, 'namespaces' | 'unshare' | 'enter'> {
	const kind = (type: string): number => constant(native, clonedKinds[type] ?? type);
	const isNew = ({ path }: Namespace): boolean => path === undefined || path === '';
	const sum = (types: readonly Namespace[]) => types.reduce((bits, { type }) => bits | kind(type), 0);
	const made = namespaces.filter(isNew);
	return {
		namespaces: sum(made.filter(({ type }) => type !== 'cgroup')),
		unshare: sum(made.filter(({ type }) => type === 'cgroup')),
		enter: namespaces
			.filter((each) => !isNew(each))
			.map(({ type, path = '' }) => ({ fd: open(path), kind: kind(type) })),
	};
}

/** The container's user may open /dev/stdout again, so its files belong to that user. */
function giveOutput(stdio: SpawnRequest['stdio'], uid: number): void {
	if (uid === 0) return;
	for (const fd of stdio) {
		const status = fstatSync(fd);
		if (!status.isCharacterDevice() && status.uid !== uid) fchownSync(fd, uid, status.gid);
	}
}

/** Returns the mount point in which a root lies. What `runtime.json` has mounted there needs no look at all mounts. */
function mountOf(path: string, { mounts }: RuntimeConfig): string {
	if (mounts.some(({ destination }) => destination === path)) return path;
	const points = readMountInfo().map(({ mountPoint }) => mountPoint);
	const above = points.filter(
		(point) => path === point || path.startsWith(point === '/' ? '/' : `${point}/`),
	);
	return above.reduce((longest, point) => (point.length > longest.length ? point : longest), '/');
}
