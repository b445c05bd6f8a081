// The HOME of a container's user: the field in its /etc/passwd (passwd(5)), which may come from the image or from a bind. It is read
// before the container exists, so links are followed below the directory that it comes from alone.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, posix } from 'node:path';
import type { Native } from '../../native/native.ts';
import type { Mount } from '../contract/runtime-config.ts';
import type { RuntimeSpec } from '../contract/runtime-spec.ts';

/** The largest passwd that is read. */
const maxBytes = 1024 * 1024;
const passwd = '/etc/passwd';

/** A file below a directory. */
interface Place {
	readonly root: string;
	readonly path: string;
}

/**
 * Returns `/` without an entry.
 *
 * @param folder - the bundle's, to which relative sources belong
 */
export function homeDirectory(
	{ process, mounts = [] }: RuntimeSpec,
	folder: string,
	rootfs: string,
	native: Pick<Native, 'openInRoot'>,
): string {
	const above = mounts.findLast(({ destination }) => isAt(posix.resolve('/', destination)));
	const place = above === undefined ? { root: rootfs, path: passwd.slice(1) } : placeIn(above, folder);
	const lines = place === null ? [] : readInRoot(place, native).split('\n');
	const fields = lines.map((line) => line.split(':')).find((each) => each[2] === String(process.user.uid));
	return fields?.[5] || '/';
}

function isAt(destination: string): boolean {
	return [passwd, dirname(passwd), '/'].includes(destination);
}

/** Returns null where the mount is a file system of its own, which has no users. */
function placeIn({ destination, type, source = '', options = [] }: Mount, folder: string): Place | null {
	if (type !== 'bind' && !options.includes('bind') && !options.includes('rbind')) return null;
	const root = isAbsolute(source) ? source : join(folder, source);
	const path = posix.relative(destination, passwd);
	return path === '' ? { root: dirname(root), path: basename(root) } : { root, path };
}

function readInRoot({ root, path }: Place, native: Pick<Native, 'openInRoot'>): string {
	const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_DIRECTORY } = constants;
	const opened: number[] = [];
	const open = (fd: number): number => {
		opened.push(fd);
		return fd;
	};
	try {
		const rootFd = open(openSync(root, O_RDONLY | O_DIRECTORY));
		const fd = open(native.openInRoot(rootFd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
		const status = fstatSync(fd);
		if (!status.isFile()) return '';
		const buffer = Buffer.alloc(Math.min(status.size, maxBytes));
		return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
	} catch {
		return '';
	} finally {
		for (const fd of opened) closeSync(fd);
	}
}
