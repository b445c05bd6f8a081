// Device nodes of modules that no device asks for: whoever opens one of them makes the kernel load its module, as with
// `kmod static-nodes` (modules.devname, depmod(8)). So /dev/fuse, /dev/net/tun, /dev/loop-control and
// /dev/mapper/control are there without a modprobe in the YAML.

import { dirname, join } from 'node:path';
import { flags } from '../../native/linux/constant.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';

interface StaticNode {
	/** Below /dev. */
	readonly name: string;
	readonly kind: 'S_IFCHR' | 'S_IFBLK';
	readonly major: number;
	readonly minor: number;
}

/** `MODULE NAME c10:229`, a line each. */
export function parseModulesDevname(text: string): StaticNode[] {
	return text.split('\n').flatMap((line): StaticNode[] => {
		const [, name = '', kind, major, minor] = /^[^#\s]\S* (\S+) ([cb])(\d+):(\d+)$/.exec(line) ?? [];
		if (name === '' || name.split('/').includes('..')) return [];
		return [{ name, kind: kind === 'c' ? 'S_IFCHR' : 'S_IFBLK', major: Number(major), minor: Number(minor) }];
	});
}

/** For every user, as their drivers say (drivers/net/tun.c, fs/fuse/dev.c): the kernel leaves a node that is there as it is. */
const forEveryone: ReadonlySet<string> = new Set(['fuse', 'net/tun']);

/** With a umask of 0. What is there already stays as it is. */
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
		if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
	}
}
