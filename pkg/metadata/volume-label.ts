// The label of the file systems that a config drive may have. Pure: it gets the device's first bytes.

export interface Volume {
	readonly fileSystem: 'iso9660' | 'vfat';
	readonly label: string;
}

/** As many as `volumeOf` looks at. */
export const headBytes = 34 * 1024;

/** Null where there is neither. */
export function volumeOf(head: Buffer): Volume | null {
	// ECMA-119, 8.4: the primary volume descriptor is in sector 16, its label 40 bytes from its start.
	const descriptor = 16 * 2048;
	if (ascii(head, descriptor + 1, 5) === 'CD001' && head[descriptor] === 1) {
		return { fileSystem: 'iso9660', label: ascii(head, descriptor + 40, 32).trim() };
	}
	// The boot sector of FAT: FAT12 and FAT16 have their names and label here, FAT32 there.
	if (head.length < 512 || head.readUInt16LE(510) !== 0xaa55) return null;
	if (/^FAT1[26] {3}$/.test(ascii(head, 54, 8))) {
		return { fileSystem: 'vfat', label: ascii(head, 43, 11).trim() };
	}
	if (ascii(head, 82, 8) === 'FAT32   ') return { fileSystem: 'vfat', label: ascii(head, 71, 11).trim() };
	return null;
}

function ascii(bytes: Buffer, offset: number, length: number): string {
	return bytes.toString('latin1', offset, offset + length);
}
