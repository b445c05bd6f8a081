// Extended attributes on their way through an initrd: cpio's newc format has no place for them, so the host writes
// them all to this one file, the last of the tree, and PID 1 sets them once it has its root.

/** Relative to the root. One `XattrLine` as JSON a line. */
export const xattrsFile = 'etc/slipway/xattrs.jsonl';

export interface XattrLine {
	/** Relative to the root. */
	readonly path: string;
	readonly name: string;
	/** base64. */
	readonly value: string;
}
