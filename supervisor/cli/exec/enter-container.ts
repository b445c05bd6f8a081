// The doors of a running container: its namespaces, its root, its cgroup, all of them of exactly the process that PID 1
// has named.

import {
	accessSync,
	closeSync,
	constants,
	fstatSync,
	openSync,
	readFileSync,
	readSync,
	statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { NamespaceEntry, Native } from '../../../native/native.ts';
import type { ServiceProcess } from '../../contract/protocol.ts';
import { openProcessFile } from '../../process/process-file.ts';

export interface OpenContainer {
	/** In the order in which they can be entered; without those that we are in ourselves. */
	readonly namespaces: readonly NamespaceEntry[];
	readonly rootFd: number;
	/** Null where the container has no cgroup of version 2. */
	readonly cgroupFd: number | null;
	/** Idempotent. */
	close(): void;
}

/** `user` last: before it we have every capability in the others, after it in its own only. */
const namespaceKinds = ['cgroup', 'ipc', 'uts', 'net', 'pid', 'mnt', 'user'] as const;

/** Ours, or PID 1's where we have a read-only or another `/sys`, or another cgroup namespace. */
const rootPrefixes = ['', '/proc/1/root'];

const maxFileBytes = 1024 * 1024;

/** Throws an `Error` whose message says why not. */
export function openContainer({ pid, startTicks, cgroup }: ServiceProcess): OpenContainer {
	const opened: number[] = [];
	const close = (): void => {
		for (const fd of opened.splice(0)) closeSync(fd);
	};
	const keep = (fd: number): number => {
		opened.push(fd);
		return fd;
	};
	try {
		const file = (name: string) => keep(openProcessFile({ pid, startTicks }, name, constants.O_RDONLY));
		const namespaces = namespaceKinds.flatMap((kind) => {
			const fd = file(`ns/${kind}`);
			return isOwn(kind, fd) ? [] : [{ fd, kind: 0 }];
		});
		const rootFd = file('root');
		const cgroupFd = cgroup === null ? null : keep(openCgroup(cgroup, pid));
		return { namespaces, rootFd, cgroupFd, close };
	} catch (error) {
		close();
		throw new Error(`Its process ${pid} can't be entered: ${reasonOf(error)}.`, { cause: error });
	}
}

function openCgroup(path: string, pid: number): number {
	const folder = rootPrefixes.map((root) => `${root}${path}`).find((each) => canJoin(each, pid));
	if (folder === undefined) throw new Error(`its cgroup ${path} can't be reached from here`);
	return openSync(folder, constants.O_RDONLY);
}

function canJoin(folder: string, pid: number): boolean {
	const members = join(folder, 'cgroup.procs');
	try {
		// The mount may be read-only; its modes don't say that.
		accessSync(members, constants.W_OK);
		return readFileSync(members, 'utf8').split('\n').includes(String(pid));
	} catch {
		return false;
	}
}

function isOwn(kind: string, fd: number): boolean {
	const [own, other] = [statSync(`/proc/self/ns/${kind}`), fstatSync(fd)];
	return own.ino === other.ino && own.dev === other.dev;
}

function reasonOf(error: unknown): string {
	const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	const code = cause instanceof Error && 'code' in cause ? cause.code : null;
	if (code === 'ENOENT')
		return 'it is not there; has it just ended, or is this a container without pid: host';
	if (code === 'EACCES' || code === 'EPERM') return 'that takes root with all capabilities';
	return cause instanceof Error ? cause.message : 'it has just ended';
}

/** Empty where there is no such file. */
export function readInContainer(native: Pick<Native, 'openInRoot'>, rootFd: number, path: string): string {
	let fd: number;
	try {
		fd = native.openInRoot(rootFd, path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
	} catch {
		return '';
	}
	try {
		if (!fstatSync(fd).isFile()) return '';
		const buffer = Buffer.alloc(Math.min(fstatSync(fd).size, maxFileBytes));
		return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
	} finally {
		closeSync(fd);
	}
}
