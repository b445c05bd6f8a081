// How PID 1 knows that its initramfs is whole: the first archive of an initrd holds one file, the last archive another.
// The kernel stops unpacking where memory ends and boots what is there all the same (init/initramfs.c); then the second
// one is missing. An initrd without the first, another tool's, says nothing. Both stand in the root: a folder such as
// /etc may be a link in some tree.

/** Relative to the root. */
export const unpackingMark = '.slipway-unpacking';

/** Relative to the root; an `UnpackedSize` as JSON. */
export const unpackedMark = '.slipway-unpacked';

/** What the tree takes in memory. */
export interface UnpackedSize {
	/** Of files, in whole pages. */
	readonly bytes: number;
	/** Files, folders, links and devices. */
	readonly entries: number;
}
