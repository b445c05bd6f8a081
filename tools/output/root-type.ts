// The file system that the kernel unpacks an initramfs into: `rootfstype=` on its command line (init/do_mounts.c,
// `init_rootfs`). A tmpfs holds extended attributes, but no more than half of the memory. A ramfs takes all of it, and
// runc starts faster from there: it lets a container see no file that could be written to, and a file of a tmpfs, which
// can have seals, is trusted only as a sealed copy, made anew for each container (libcontainer/nsenter/cloned_binary.c).

/**
 * The command line with a ramfs named, unless the tree has extended attributes, the root is to be writable (a tmpfs keeps
 * what is written within its limit), or the line names a root itself.
 */
export function withRootType(commandLine: string, hasAttributes: boolean): string {
	const words = commandLine.split(/\s+/);
	const isNamed = words.some((word) => /^(rootfstype|root)=/.test(word));
	const isWritable = words.some((word) => /^slipway\.root=(.*,)?rw(,|$)/.test(word));
	if (hasAttributes || isNamed || isWritable) return commandLine;
	return `${commandLine} rootfstype=ramfs`.trim();
}

/** Without a word the kernel takes a tmpfs; the last word counts. */
export function isLimitedToHalf(commandLine: string): boolean {
	const types = commandLine.split(/\s+/).filter((word) => word.startsWith('rootfstype='));
	const last = types.at(-1);
	return last === undefined || last.includes('tmpfs');
}
