// The extended attributes of an initrd's files. cpio's newc format can't hold them, so the host writes them to this one file,
// the last of the tree, and PID 1 sets them once it has its root.

/** The path relative to the root. The file has one `XattrLine` as JSON a line. */
export const xattrsFile = 'etc/slipway/xattrs.jsonl';

export interface XattrLine {
	/** The path relative to the root. */
	readonly path: string;
	readonly name: string;
	/** The value in base64. */
	readonly value: string;
}
