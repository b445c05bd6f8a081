// Translates a mount of `runtime.json` to the mount(2) calls that make it. Pure.
//
// LinuxKit makes one call with all options. The kernel then does only part of them: it checks MS_REMOUNT, MS_BIND, the
// propagation flags and a new mount in this order and does the first (`path_mount` in fs/namespace.c), so `remount,private`
// would make nothing private and `bind,ro` would not be read-only. This file makes a call for each, as mount(8) and runc do.

import { constant } from './constant.ts';

/** A mount of the OCI runtime-spec (`config.md`, Mounts). */
export interface Mount {
	readonly destination: string;
	readonly type?: string;
	readonly source?: string;
	readonly options?: readonly string[];
}

export interface MountCall {
	readonly source: string | null;
	readonly target: string;
	readonly type: string | null;
	readonly flags: number;
	readonly data: string | null;
}

type Effect = 'set' | 'clear' | 'propagate' | 'ignore';

/** The options of fstab (mount(8)). All others are the file system's own and go to mount(2) as data. */
export const mountOptions: Readonly<Record<string, readonly [effect: Effect, ...flags: string[]]>> = {
	async: ['clear', 'MS_SYNCHRONOUS'],
	atime: ['clear', 'MS_NOATIME'],
	bind: ['set', 'MS_BIND'],
	defaults: ['ignore'],
	dev: ['clear', 'MS_NODEV'],
	diratime: ['clear', 'MS_NODIRATIME'],
	dirsync: ['set', 'MS_DIRSYNC'],
	exec: ['clear', 'MS_NOEXEC'],
	mand: ['set', 'MS_MANDLOCK'],
	noatime: ['set', 'MS_NOATIME'],
	nodev: ['set', 'MS_NODEV'],
	nodiratime: ['set', 'MS_NODIRATIME'],
	noexec: ['set', 'MS_NOEXEC'],
	nomand: ['clear', 'MS_MANDLOCK'],
	norelatime: ['clear', 'MS_RELATIME'],
	nostrictatime: ['clear', 'MS_STRICTATIME'],
	nosuid: ['set', 'MS_NOSUID'],
	private: ['propagate', 'MS_PRIVATE'],
	rbind: ['set', 'MS_BIND', 'MS_REC'],
	relatime: ['set', 'MS_RELATIME'],
	remount: ['set', 'MS_REMOUNT'],
	ro: ['set', 'MS_RDONLY'],
	rprivate: ['propagate', 'MS_PRIVATE', 'MS_REC'],
	rshared: ['propagate', 'MS_SHARED', 'MS_REC'],
	rslave: ['propagate', 'MS_SLAVE', 'MS_REC'],
	runbindable: ['propagate', 'MS_UNBINDABLE', 'MS_REC'],
	rw: ['clear', 'MS_RDONLY'],
	shared: ['propagate', 'MS_SHARED'],
	slave: ['propagate', 'MS_SLAVE'],
	strictatime: ['set', 'MS_STRICTATIME'],
	suid: ['clear', 'MS_NOSUID'],
	sync: ['set', 'MS_SYNCHRONOUS'],
	unbindable: ['propagate', 'MS_UNBINDABLE'],
};

export type KernelConstants = Readonly<Record<string, number>>;

/** Returns the calls for one mount, in order. `target` is the mount's destination as an absolute path. */
export function mountCalls(mount: Mount, target: string, constants: KernelConstants): MountCall[] {
	const { flags, propagation, data } = parseMountOptions(mount, constants);
	const [bind, rec, remount] = [
		constant({ constants }, 'MS_BIND'),
		constant({ constants }, 'MS_REC'),
		constant({ constants }, 'MS_REMOUNT'),
	];
	const change = (bits: number): MountCall => ({ source: null, target, type: null, flags: bits, data: null });
	const calls: MountCall[] = [];
	const source = orNull(mount.source);
	if ((flags & bind) !== 0 && (flags & remount) === 0) {
		calls.push({ source, target, type: null, flags: flags & (bind | rec), data: null });
		const restrictions = flags & ~(bind | rec);
		if (restrictions !== 0) calls.push(change(bind | remount | restrictions));
	} else if (flags !== 0 || source !== null || orNull(mount.type) !== null) {
		calls.push({ source, target, type: orNull(mount.type), flags, data: orNull(data.join(',')) });
	}
	return [...calls, ...propagation.map(change)];
}

function parseMountOptions(mount: Mount, constants: KernelConstants) {
	let flags = mount.type === 'bind' ? constant({ constants }, 'MS_BIND') : 0;
	const propagation: number[] = [];
	const data: string[] = [];
	for (const option of mount.options ?? []) {
		const row = mountOptions[option];
		if (row === undefined) {
			data.push(option);
			continue;
		}
		const [effect, ...names] = row;
		const bits = names.reduce((sum, name) => sum | constant({ constants }, name), 0);
		if (effect === 'set') flags |= bits;
		if (effect === 'clear') flags &= ~bits;
		if (effect === 'propagate') propagation.push(bits);
	}
	return { flags, propagation, data };
}

function orNull(text: string | undefined): string | null {
	return text === undefined || text === '' ? null : text;
}
