// `spawn`: the request checked and completed for C++, its failure told with the path of the step that failed.

import type { Binding, CompleteSpawnRequest } from './binding.ts';
import { ArgumentError, descriptor, int, limit, size, text, texts } from './check.ts';
import type { CapabilitySets, Native, SpawnRequest } from './native.ts';
import type { Outcome } from './outcome.ts';

export function spawnCalls(binding: Binding, outcome: Outcome): Pick<Native, 'spawn'> {
	return {
		spawn(request) {
			const result = binding.spawn(completed(request));
			if (typeof result === 'number') return outcome.of(result, { syscall: 'spawn' });
			const [errno, syscall] = result;
			throw outcome.error(errno, { syscall, path: pathOf(syscall, request) });
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
		capabilities: request.capabilities === undefined ? null : sets(request.capabilities),
		noNewPrivileges: request.noNewPrivileges === true,
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

/** The kernel keeps 2^32 - 1 for "leave it", which setresuid(2) would do without a word: the child stays root. */
function identity(argument: string, value: number): number {
	if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32 - 1) {
		throw new ArgumentError(argument, 'a user or group number', value);
	}
	return value;
}

function pathOf(syscall: string, request: SpawnRequest): string | undefined {
	switch (syscall) {
		case 'execve':
			return request.path;
		case 'chroot':
			return request.chroot;
		case 'chdir':
			return request.cwd ?? '/';
		case 'open':
		case 'pwrite':
			return '/proc/self/oom_score_adj';
		case 'openat':
		case 'write':
			return 'cgroup.procs';
		default:
			return undefined;
	}
}
