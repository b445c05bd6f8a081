// Reads a newc archive as the kernel's `init/initramfs.c` does, and says where each entry would be written. Another reading
// of the format than the product's writer has.

import { Violation } from '../engine/target.ts';

export interface CpioEntry {
	readonly name: string;
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly links: number;
	readonly sizeBytes: number;
	readonly content: Buffer;
}

const headerBytes = 110;

export function readCpio(archive: Buffer): CpioEntry[] {
	const entries: CpioEntry[] = [];
	let at = 0;
	for (;;) {
		const head = archive.toString('latin1', at, at + headerBytes);
		if (!/^070701[0-9a-fA-F]{104}$/.test(head))
			throw new Violation(`cpio: no header at ${at}: ${JSON.stringify(head)}`);
		const field = (index: number): number => Number.parseInt(head.slice(6 + 8 * index, 14 + 8 * index), 16);
		const [nameBytes, sizeBytes] = [field(11), field(6)];
		const nameEnd = at + headerBytes + nameBytes;
		if (nameBytes < 2 || archive[nameEnd - 1] !== 0)
			throw new Violation(`cpio: a name without its end at ${at}`);
		const name = archive.toString('latin1', at + headerBytes, nameEnd - 1);
		if (name.includes('\0')) throw new Violation(`cpio: a NUL in the name ${JSON.stringify(name)}`);
		const contentAt = aligned(nameEnd);
		if (name === 'TRAILER!!!') {
			if (archive.subarray(contentAt).some((byte) => byte !== 0))
				throw new Violation('cpio: bytes after the trailer');
			return entries;
		}
		if (contentAt + sizeBytes > archive.length) throw new Violation(`cpio: ${name} is cut`);
		const content = archive.subarray(contentAt, contentAt + sizeBytes);
		entries.push({ name, mode: field(1), uid: field(2), gid: field(3), links: field(4), sizeBytes, content });
		at = aligned(contentAt + sizeBytes);
	}
}

function aligned(offset: number): number {
	return (offset + 3) & ~3;
}

/**
 * Throws a `Violation` for an entry that would not be written below `folder`: by its name, or through a link that an earlier
 * entry has made.
 */
export function requireBelow(entries: readonly CpioEntry[], folder: string): void {
	const links = new Set<string>();
	for (const { name, mode } of entries) {
		const parts = name.split('/');
		if (parts.some((part) => part === '' || part === '.' || part === '..')) {
			throw new Violation(`cpio: the path ${JSON.stringify(name)}`);
		}
		for (let count = 1; count < parts.length; count++) {
			const parent = parts.slice(0, count).join('/');
			if (links.has(parent))
				throw new Violation(`cpio: ${JSON.stringify(name)} leads through the link ${parent}`);
		}
		const isLink = (mode & 0o170000) === 0o120000;
		if (isLink) links.add(name);
		const isParent = `${folder}/`.startsWith(`${name}/`) && (mode & 0o170000) === 0o040000;
		if (!isParent && !name.startsWith(`${folder}/`))
			throw new Violation(`cpio: ${JSON.stringify(name)} is outside`);
	}
}
