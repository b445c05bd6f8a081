// The two files by which PID 1 finds out that its initramfs is complete. The first archive of an initrd holds one of them,
// the last archive the other. When memory runs out, the kernel stops unpacking and boots nevertheless (init/initramfs.c),
// without the second file. An initrd of another tool has neither. Both are in the root directory, because a directory such
// as /etc may be a link in some trees.

/** The path in the first archive, relative to the root. */
export const unpackingFile = '.slipway-unpacking';

/** The path in the last archive, relative to the root. It holds an `UnpackedSize` as JSON. */
export const unpackedFile = '.slipway-unpacked';

/** The memory that the tree needs. */
export interface UnpackedSize {
	/** The sizes of all files, each in whole pages. */
	readonly bytes: number;
	/** The number of files, directories, links and devices. */
	readonly entries: number;
}
