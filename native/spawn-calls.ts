// `spawn`: checks and completes the request for C++. Its error has the path of the step that failed.

import { ArgumentError, bytes, descriptor, int, limit, size, text, texts } from './check.ts';
import { type PackedSteps, packedStep } from './container-steps.ts';
import type { Outcome } from './outcome.ts';

/** A namespace that a child enters with `setns(2)` before it execs, in the order of the list. */
export interface NamespaceEntry {
	/** An open descriptor of `/proc/PID/ns/KIND` (or a pidfd). */
	readonly fd: number;
	/** One `CLONE_NEW*` bit, or 0 to accept any kind. */
	readonly kind: number;
}

/** Sets with one bit for each capability, e.g. `1 << CAP_CHOWN` (capabilities(7)). */
export interface CapabilitySets {
	readonly bounding: number;
	readonly permitted: number;
	readonly effective: number;
	readonly inheritable: number;
	readonly ambient: number;
}

export interface ResourceLimit {
	/** A constant `RLIMIT_*`. */
	readonly resource: number;
	readonly soft: number;
	readonly hard: number;
}

/**
 * A request for `spawn`. The child makes these steps in this order: signal dispositions reset, `oom_score_adj`, AppArmor, cgroup
 * (by `clone3(2)`, else by `cgroup.procs`), namespaces entered (`setns`), namespaces unshared, new session, stdio, controlling terminal,
 * descriptors from 3 up closed, limits, the container's steps, chroot, cwd, bounding set, seccomp filter (last of the credentials with
 * `noNewPrivileges`), groups, gid, uid, capabilities, no new privileges, parent death signal, signal mask emptied, exec.
 *
 * A process that enters or unshares a pid namespace puts only its children into it (`setns(2)`). The program then runs
 * in a second child, made with `CLONE_PARENT`: it is the caller's child like any other, `spawn` returns its pid in the
 * caller's namespace, and `waitpid` reports its exit.
 */
export interface SpawnRequest {
	/** The program, an absolute path: there is no PATH search. */
	readonly path: string;
	/** Programs to try after `path`, in this order, when one is missing or not executable, as in `execvp(3)`. */
	readonly otherPaths?: readonly string[];
	/** The arguments, `argv[0]` included. */
	readonly args: readonly string[];
	/** The whole environment, `NAME=value`. */
	readonly env: readonly string[];
	/** The descriptors that become 0, 1 and 2. */
	readonly stdio: readonly [number, number, number];
	/** Relative to `chroot`, if given; its default is `/` then, so that no working directory stays outside. */
	readonly cwd?: string;
	readonly chroot?: string;
	/** Steps by which the child makes a root of its own and goes into it, in this order. `cwd` is then in that root. */
	readonly container?: PackedSteps;
	/** `CLONE_NEW*` bits for clone itself. A cgroup namespace belongs into `unshare`, so that its root is the new cgroup. */
	readonly namespaces?: number;
	/** `CLONE_NEW*` bits for `unshare(2)` in the child, after `setns`. */
	readonly unshare?: number;
	readonly enter?: readonly NamespaceEntry[];
	/** A descriptor of a cgroup v2 folder. */
	readonly cgroupFd?: number;
	readonly uid?: number;
	readonly gid?: number;
	/** Supplementary groups; by default the caller's own. */
	readonly groups?: readonly number[];
	/** For `/proc/self/oom_score_adj`, -1000 to 1000; by default the caller's own. Needs /proc. */
	readonly oomScoreAdj?: number;
	/** The profile of AppArmor that the program has (it is loaded); by default the caller's decides. Needs /proc. */
	readonly apparmor?: string;
	/** The capabilities after the change of the user; by default the kernel decides (capabilities(7)). */
	readonly capabilities?: CapabilitySets;
	/** Sets `PR_SET_NO_NEW_PRIVS`. */
	readonly noNewPrivileges?: boolean;
	/** A filter for the child (seccomp(2)), in the form that `seccompFilter` returns. */
	readonly seccomp?: Uint8Array;
	readonly limits?: readonly ResourceLimit[];
	/** Starts a new session (`setsid(2)`). */
	readonly newSession?: boolean;
	/** With `newSession`: makes stdin the controlling terminal (`TIOCSCTTY`), even if it is another session's. */
	readonly controllingTerminal?: boolean;
	/** Sets `PR_SET_PDEATHSIG` in the child; the parent is the thread that spawns. */
	readonly parentDeathSignal?: number;
}

/** A `SpawnRequest` without optional fields: -1, 0 and null mean "unchanged". */
export interface CompleteSpawnRequest {
	readonly paths: readonly string[];
	readonly args: readonly string[];
	readonly env: readonly string[];
	readonly stdio: readonly [number, number, number];
	readonly cwd: string | null;
	readonly chroot: string | null;
	readonly container: PackedSteps;
	readonly namespaces: number;
	readonly unshare: number;
	readonly enter: readonly { readonly fd: number; readonly kind: number }[];
	readonly cgroupFd: number;
	readonly uid: number;
	readonly gid: number;
	readonly groups: readonly number[] | null;
	/** The text for the kernel's file. */
	readonly oomScoreAdj: string | null;
	/** The text for the kernel's file. */
	readonly apparmor: string | null;
	readonly capabilities: CapabilitySets | null;
	readonly noNewPrivileges: boolean;
	readonly seccomp: Uint8Array | null;
	readonly limits: readonly ResourceLimit[];
	readonly newSession: boolean;
	readonly controllingTerminal: boolean;
	readonly parentDeathSignal: number;
}

export interface SpawnCalls {
	/**
	 * clone + the steps of `SpawnRequest` + execve. Returns the child's pid once exec has succeeded; throws
	 * `SyscallError` with the step that failed (`syscall: 'execve'`, `'setns'`, …) and its path. A failed child
	 * is reaped here; `waitpid` never reports it.
	 */
	spawn(request: SpawnRequest): number;
}

export interface RawSpawnCalls {
	/** A pid, or [errno, system call, the number of the container's step or -1]. */
	spawn(request: CompleteSpawnRequest): number | [number, string, number];
}

export function spawnCalls(binding: RawSpawnCalls, outcome: Outcome): SpawnCalls {
	return {
		spawn(request) {
			const result = binding.spawn(completed(request));
			if (typeof result === 'number') return outcome.of(result, { syscall: 'spawn' });
			const [errno, syscall, index] = result;
			const step = packedStep(request.container ?? '', index);
			throw outcome.error(errno, {
				syscall,
				...(step === undefined ? { path: pathOf(syscall, request) } : placesOf(step)),
			});
		},
	};
}

function completed(request: SpawnRequest): CompleteSpawnRequest {
	const { chroot, cwd, groups, cgroupFd } = request;
	if (request.controllingTerminal && !request.newSession) {
		throw new ArgumentError('controllingTerminal', 'together with newSession', true);
	}
	return {
		paths: [text('path', request.path), ...texts('otherPaths', request.otherPaths ?? [])],
		args: texts('args', request.args),
		env: texts('env', request.env),
		stdio: stdioOf(request),
		cwd: cwd === undefined ? (chroot === undefined ? null : '/') : text('cwd', cwd),
		chroot: chroot === undefined ? null : text('chroot', chroot),
		container: request.container ?? '',
		namespaces: int('namespaces', request.namespaces ?? 0),
		unshare: int('unshare', request.unshare ?? 0),
		enter: (request.enter ?? []).map((entry, index) => ({
			fd: descriptor(`enter[${index}].fd`, entry.fd),
			kind: int(`enter[${index}].kind`, entry.kind),
		})),
		cgroupFd: cgroupFd === undefined ? -1 : descriptor('cgroupFd', cgroupFd),
		uid: request.uid === undefined ? -1 : identity('uid', request.uid),
		gid: request.gid === undefined ? -1 : identity('gid', request.gid),
		groups: groups === undefined ? null : groups.map((group, index) => identity(`groups[${index}]`, group)),
		oomScoreAdj: request.oomScoreAdj === undefined ? null : String(int('oomScoreAdj', request.oomScoreAdj)),
		apparmor: request.apparmor === undefined ? null : `exec ${text('apparmor', request.apparmor)}`,
		capabilities: request.capabilities === undefined ? null : sets(request.capabilities),
		noNewPrivileges: request.noNewPrivileges === true,
		seccomp: request.seccomp === undefined ? null : bytes('seccomp', request.seccomp),
		limits: (request.limits ?? []).map(({ resource, soft, hard }, index) => ({
			resource: int(`limits[${index}].resource`, resource),
			soft: limit(`limits[${index}].soft`, soft),
			hard: limit(`limits[${index}].hard`, hard),
		})),
		newSession: request.newSession === true,
		controllingTerminal: request.controllingTerminal === true,
		parentDeathSignal: int('parentDeathSignal', request.parentDeathSignal ?? 0),
	};
}

function sets({ bounding, permitted, effective, inheritable, ambient }: CapabilitySets): CapabilitySets {
	return {
		bounding: size('capabilities.bounding', bounding),
		permitted: size('capabilities.permitted', permitted),
		effective: size('capabilities.effective', effective),
		inheritable: size('capabilities.inheritable', inheritable),
		ambient: size('capabilities.ambient', ambient),
	};
}

function stdioOf({ stdio }: SpawnRequest): [number, number, number] {
	if (!Array.isArray(stdio) || stdio.length !== 3) {
		throw new ArgumentError('stdio', 'three descriptors', stdio);
	}
	return [
		descriptor('stdio[0]', stdio[0]),
		descriptor('stdio[1]', stdio[1]),
		descriptor('stdio[2]', stdio[2]),
	];
}

/** Refuses 2^32 - 1: setresuid(2) takes it as "unchanged", so the child would silently stay root. */
function identity(argument: string, value: number): number {
	if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32 - 1) {
		throw new ArgumentError(argument, 'a user or group number', value);
	}
	return value;
}

/** A mount has two places, as in the errors of `mount`. */
function placesOf({ call, source, target }: NonNullable<ReturnType<typeof packedStep>>): {
	path: string | undefined;
	dest?: string | undefined;
} {
	const isMount = call === 'mount' || call === 'mountOutside';
	return isMount && typeof source === 'string' ? { path: source, dest: target } : { path: target };
}

function pathOf(syscall: string, request: SpawnRequest): string | undefined {
	switch (syscall) {
		case 'execve':
			return request.path;
		case 'chroot':
			return request.chroot;
		case 'chdir':
		case 'getcwd':
			return request.cwd ?? '/';
		case 'open':
		case 'pwrite':
			return '/proc/self/oom_score_adj';
		case 'openat2':
		case 'writev':
			return '/proc/self/attr/apparmor/exec';
		case 'openat':
		case 'write':
			return 'cgroup.procs';
		default:
			return undefined;
	}
}
