// The file system that the kernel unpacks an initramfs into: `rootfstype=` on its command line (init/do_mounts.c,
// `init_rootfs`). A tmpfs holds extended attributes, but no more than half of the memory. A ramfs takes all of it, and
// runc starts faster from there: it lets a container see no file that could be written to, and a file of a tmpfs, which
// can have seals, is trusted only as a sealed copy, which is made for each container (libcontainer/nsenter/cloned_binary.c).

import type { HashTree } from '../media/hash-tree.ts';

/**
 * Adds a ramfs to the command line, unless the tree has extended attributes, the root is writable (a tmpfs limits what is
 * written), or the line already names a root.
 */
export function withRootType(commandLine: string, hasAttributes: boolean): string {
	const words = commandLine.split(/\s+/);
	const isWritable = words.some((word) => /^slipway\.root=(.*,)?rw(,|$)/.test(word));
	if (hasAttributes || isNamed(commandLine) || isWritable) return commandLine;
	return `${commandLine} rootfstype=ramfs`.trim();
}

/** Adds a ramfs, in which the archive with the root's image lies; an image keeps attributes itself, and a writable root is above it. */
export function withImageRoot(commandLine: string): string {
	return isNamed(commandLine) ? commandLine : `${commandLine} rootfstype=ramfs`.trim();
}

/** Adds the first virtio disk as the root, as LinuxKit names it. */
export function withDiskRoot(commandLine: string): string {
	const isGiven = commandLine.split(/\s+/).some((word) => word.startsWith('root='));
	return isGiven ? commandLine : `${commandLine} root=/dev/vda`.trim();
}

/** Adds the root's file system, unless the line names one or it is a squashfs, which the first program takes by itself. */
export function withFileSystem(commandLine: string, type: string): string {
	const isGiven = commandLine.split(/\s+/).some((word) => word.startsWith('rootfstype='));
	return isGiven || type === 'squashfs' ? commandLine : `${commandLine} rootfstype=${type}`.trim();
}

/** Adds the check of the root by dm-verity (native/first/verity.c), unless the line has a word of its own about it. */
export function withVerity(
	commandLine: string,
	{ rootHash, dataBlocks }: Pick<HashTree, 'rootHash' | 'dataBlocks'>,
): string {
	const isGiven = commandLine.split(/\s+/).some((word) => word.startsWith('slipway.verity='));
	return isGiven ? commandLine : `${commandLine} slipway.verity=${rootHash},${dataBlocks}`.trim();
}

/** Adds the partition with that id. The last `root=` counts, so that one of the YAML for other formats does no harm. */
export function withPartitionRoot(commandLine: string, id: string): string {
	return `${commandLine} root=PARTUUID=${id}`.trim();
}

/** Reports whether the command line already names a root. */
function isNamed(commandLine: string): boolean {
	return commandLine.split(/\s+/).some((word) => /^(rootfstype|root)=/.test(word));
}

/** Reports whether the root is a tmpfs. Without `rootfstype=` the kernel uses one; the last `rootfstype=` counts. */
export function isLimitedToHalf(commandLine: string): boolean {
	const types = commandLine.split(/\s+/).filter((word) => word.startsWith('rootfstype='));
	const last = types.at(-1);
	return last === undefined || last.includes('tmpfs');
}
