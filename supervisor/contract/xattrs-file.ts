// Extended attributes on their way through an initrd: cpio's newc format has no place for them, so the host writes
// those of each part of the tree to a file of its own in this folder and PID 1 sets them when it has the root.

export const xattrsFolder = 'etc/slipway/xattrs.d';

/** One line of such a file, as JSON. */
export interface XattrLine {
	/** Relative to the root. */
	readonly path: string;
	readonly name: string;
	/** base64. */
	readonly value: string;
}
