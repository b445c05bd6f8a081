// The calls for mounts and the root file system.

import { flags, path } from './arguments.ts';
import { argument, call, converted, none, place } from './call.ts';
import { text, textOrNull } from './check.ts';

/** The result of `statfs(2)`. `type` is its `f_type`, e.g. `TMPFS_MAGIC` 0x01021994. */
export interface FileSystemInfo {
	readonly type: number;
	readonly blockSizeBytes: number;
	readonly blocks: number;
	readonly blocksFree: number;
}

const source = place<[source: string | null]>('source', textOrNull);
const target = place<[target: string]>('target', text);
const type = argument<[type: string | null]>('type', textOrNull);
const data = argument<[data: string | null]>('data', textOrNull);
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
	statfs: call('statfs', [path], converted(fileSystemInfo)),
};

function fileSystemInfo(
	raw: [type: number, blockSize: number, blocks: number, free: number],
): FileSystemInfo {
	const [type, blockSizeBytes, blocks, blocksFree] = raw;
	return { type, blockSizeBytes, blocks, blocksFree };
}
