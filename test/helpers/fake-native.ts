// A `Native` that does nothing but remember, for tests of who calls what in which order. A method that a test
// does not replace throws.

import type { Native } from '../../native/native.ts';

/** Linux's own values (include/uapi/linux/mount.h, signal.h), so that a test can compare numbers. */
export const LINUX_CONSTANTS: Readonly<Record<string, number>> = {
	MS_RDONLY: 1,
	MS_NOSUID: 2,
	MS_NODEV: 4,
	MS_NOEXEC: 8,
	MS_SYNCHRONOUS: 16,
	MS_REMOUNT: 32,
	MS_MANDLOCK: 64,
	MS_DIRSYNC: 128,
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
	SIGKILL: 9,
	SIGTERM: 15,
};

export interface FakeNative {
	readonly native: Native;
	/** One line a call, e.g. `mount overlay /rootfs overlay 0 lowerdir=/lower`. */
	readonly calls: string[];
}

export function fakeNative(replacements: Partial<Native> = {}): FakeNative {
	const calls: string[] = [];
	const recorded =
		(name: string) =>
		(...parts: readonly unknown[]) => {
			calls.push([name, ...parts.map((part) => part ?? '-')].join(' '));
		};
	const known: Partial<Native> = {
		constants: LINUX_CONSTANTS,
		mount: recorded('mount'),
		umount2: recorded('umount2'),
		kill: recorded('kill'),
		mkfifo: recorded('mkfifo'),
		linkCreate: recorded('linkCreate'),
		addressAdd: recorded('addressAdd'),
		routeAddDefault: recorded('routeAddDefault'),
		linkCreateVeth: recorded('linkCreateVeth'),
		linkMoveToNetns: recorded('linkMoveToNetns'),
		...replacements,
	};
	const native = new Proxy(known, {
		get(target, name) {
			const value: unknown = Reflect.get(target, name);
			if (value === undefined) throw new Error(`the test did not expect native.${String(name)}`);
			return value;
		},
	});
	return { native: native as Native, calls };
}
