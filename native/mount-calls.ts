// The calls for mounts and the root file system.

import { fd, flags, path } from './arguments.ts';
import { argument, call, converted, none, number, place } from './call.ts';
import { int, text, textOrNull } from './check.ts';

/** The result of `statfs(2)`. `type` is its `f_type`, e.g. `TMPFS_MAGIC` 0x01021994. */
export interface FileSystemInfo {
	readonly type: number;
	readonly blockSizeBytes: number;
	readonly blocks: number;
}

const source = place<[source: string | null]>('source', textOrNull);
const target = place<[target: string]>('target', text);
const type = argument<[type: string | null]>('type', textOrNull);
const data = argument<[data: string | null]>('data', textOrNull);
const command = argument<[command: number]>('command', int);
const key = argument<[key: string | null]>('key', textOrNull);
const setting = argument<[value: string | null]>('value', textOrNull);
const fileSystem = argument<[fileSystem: string]>('fileSystem', text);
const newRoot = place<[newRoot: string]>('newRoot', text);
const putOld = place<[putOld: string]>('putOld', text);

export const mountCalls = {
	/** `source`, `type` and `data` may be null when `mount(2)` allows it. */
	mount: call('mount', [source, target, type, flags, data], none),
	umount2: call('umount2', [target, flags], none),
	chroot: call('chroot', [path], none),
	/** `process.cwd()` does not notice: it remembers the last `process.chdir()`. */
	chdir: call('chdir', [path], none),
	pivotRoot: call('pivot_root', [newRoot, putOld], none),
	/** Returns the descriptor of a file system that is being configured; its type is not a path. */
	fsopen: call('fsopen', [fileSystem], number),
	/** `command` is a constant `FSCONFIG_*`. */
	fsconfig: call('fsconfig', [fd, command, key, setting], none),
	/** Returns a mount that is at no place yet, and goes with the descriptor. `flags` are `MOUNT_ATTR_*`. */
	fsmount: call('fsmount', [fd, flags], number),
	/** Puts such a mount at a place. */
	moveMount: call('move_mount', [fd, target], none),
	statfs: call('statfs', [path], converted(fileSystemInfo)),
};

function fileSystemInfo([type, blockSizeBytes, blocks]: [
	type: number,
	blockSizeBytes: number,
	blocks: number,
]): FileSystemInfo {
	return { type, blockSizeBytes, blocks };
}
