// Makes the device nodes of modules that no device needs, as `kmod static-nodes` does (modules.devname, depmod(8)). Opening
// such a node makes the kernel load its module, so /dev/fuse, /dev/net/tun, /dev/loop-control and /dev/mapper/control work
// without a modprobe in the YAML.

import { dirname, join } from 'node:path';
import { flags } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';

interface StaticNode {
	/** Relative to /dev. */
	readonly name: string;
	readonly kind: 'S_IFCHR' | 'S_IFBLK';
	readonly major: number;
	readonly minor: number;
}

/** @param text - lines such as `MODULE NAME c10:229` */
export function parseModulesDevname(text: string): StaticNode[] {
	return text.split('\n').flatMap((line): StaticNode[] => {
		const [, name = '', kind, major, minor] = /^[^#\s]\S* (\S+) ([cb])(\d+):(\d+)$/.exec(line) ?? [];
		if (name === '' || name.split('/').includes('..')) return [];
		return [{ name, kind: kind === 'c' ? 'S_IFCHR' : 'S_IFBLK', major: Number(major), minor: Number(minor) }];
	});
}

/** Nodes that every user may open, as their drivers want it (drivers/net/tun.c, fs/fuse/dev.c). */
const forEveryone: ReadonlySet<string> = new Set(['fuse', 'net/tun']);

/** Needs a umask of 0. Leaves existing nodes as they are. */
export function makeStaticNodes(
	native: Pick<Native, 'mknod' | 'constants'>,
	indexPath: string,
	devFolder = '/dev',
): void {
	for (const node of parseModulesDevname(readTextOrEmpty(indexPath))) makeNode(native, node, devFolder);
}

function makeNode(
	native: Pick<Native, 'mknod' | 'constants'>,
	{ name, kind, major, minor }: StaticNode,
	devFolder: string,
): void {
	const path = join(devFolder, name);
	makeFolder(dirname(path));
	try {
		native.mknod(path, flags(native, [kind]) | (forEveryone.has(name) ? 0o666 : 0o600), major, minor);
	} catch (error) {
		if (!hasCode(error, 'EEXIST')) throw error;
	}
}
