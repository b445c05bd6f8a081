// Opens what a program needs to enter a running container: the namespaces, root and cgroup of exactly the process that PID 1
// named. Reads the container's files safely.

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
	/** The namespaces in the order to enter them, without those of `service` itself. */
	readonly namespaces: readonly NamespaceEntry[];
	readonly rootFd: number;
	/** Null when the container has no cgroup of version 2. */
	readonly cgroupFd: number | null;
	/** Idempotent. */
	close(): void;
}

/** `user` is last: before it, `service` has every capability in the other namespaces; after it, only in the container's own. */
const namespaceKinds = ['cgroup', 'ipc', 'uts', 'net', 'pid', 'mnt', 'user'] as const;

/** The own root, or PID 1's when `service` has a read-only or another `/sys`, or another cgroup namespace. */
const rootPrefixes = ['', '/proc/1/root'];

const maxFileBytes = 1024 * 1024;

/** Throws an `Error` whose message gives the reason. */
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
		// The modes of the file do not show that the mount is read-only.
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

/**
 * Returns the beginning of a small file of the container, empty when there is no such file. Links that lead out, FIFOs, devices
 * and large files that the container has put there do no harm.
 */
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
