// A `Native` that only records its calls, for tests of which calls are made in which order. It makes no system call.

import { constants as osConstants } from 'node:os';
import type { Native } from '../../native/native.ts';

/** Linux's own values (include/uapi/linux/mount.h and others), so that a test can compare numbers. */
export const linuxConstants: Readonly<Record<string, number>> = {
	...osConstants.signals,
	MS_RDONLY: 1,
	MS_NOSUID: 2,
	MS_NODEV: 4,
	MS_NOEXEC: 8,
	MS_SYNCHRONOUS: 16,
	MS_REMOUNT: 32,
	MS_MANDLOCK: 64,
	MS_DIRSYNC: 128,
	MS_NOSYMFOLLOW: 256,
	MS_NOATIME: 1024,
	MS_NODIRATIME: 2048,
	MS_BIND: 4096,
	MS_MOVE: 8192,
	MS_REC: 16384,
	MS_UNBINDABLE: 1 << 17,
	MS_PRIVATE: 1 << 18,
	MS_SLAVE: 1 << 19,
	MS_SHARED: 1 << 20,
	MS_RELATIME: 1 << 21,
	MS_STRICTATIME: 1 << 24,
	MNT_DETACH: 2,
	UMOUNT_NOFOLLOW: 8,
	WNOHANG: 1,
	RB_AUTOBOOT: 0x01234567,
	RB_HALT_SYSTEM: 0xcdef0123,
	RB_POWER_OFF: 0x4321fedc,
	RB_DISABLE_CAD: 0,
	RLIMIT_NPROC: 6,
	RLIMIT_NOFILE: 7,
	S_IFCHR: 0o020000,
	S_IFBLK: 0o060000,
	LO_FLAGS_AUTOCLEAR: 4,
	LO_FLAGS_DIRECT_IO: 16,
	DM_DEFERRED_REMOVE: 1 << 17,
	MODULE_INIT_COMPRESSED_FILE: 4,
	RAMFS_MAGIC: 0x858458f6,
	TMPFS_MAGIC: 0x01021994,
	DEVPTS_SUPER_MAGIC: 0x1cd1,
	AF_INET: 2,
	AF_INET6: 10,
	IFF_UP: 1,
	IFA_ADDRESS: 1,
	IFA_LOCAL: 2,
	IFA_F_NODAD: 2,
	NLM_F_REPLACE: 0x100,
	NLM_F_CREATE: 0x400,
	RTM_NEWLINK: 16,
	RTM_NEWADDR: 20,
};

export interface Call {
	readonly method: string;
	readonly args: readonly unknown[];
}

export interface FakeNative {
	readonly native: Native;
	readonly calls: readonly Call[];
	/** Returns each call as one line, e.g. `mount overlay /rootfs overlay 0 lowerdir=/lower`, with `-` for null. */
	lines(): string[];
}

export type Answers = { readonly [method in keyof Native]?: (...args: never[]) => unknown };

/** @param answers - the results of methods; every other method returns undefined */
export function createFakeNative(answers: Answers = {}): FakeNative {
	const calls: Call[] = [];
	const native = new Proxy({} as Native, {
		get(_, method: string) {
			if (method === 'constants') return linuxConstants;
			return (...args: unknown[]) => {
				calls.push({ method, args });
				const answer = (answers as Record<string, ((...args: unknown[]) => unknown) | undefined>)[method];
				return answer?.(...args);
			};
		},
	});
	return {
		native,
		calls,
		lines: () => calls.map(({ method, args }) => [method, ...args.map((arg) => arg ?? '-')].join(' ')),
	};
}
