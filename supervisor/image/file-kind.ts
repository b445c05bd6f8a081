// Says what a file is that is no tar archive, by its first bytes: people name the YAML of a system, a disk, or what is packed in
// another way, where an image is expected.

/** What is read of a file: a block of a tar, or a sector of a disk. */
export const kindBytes = 512;

/** The words follow "it is". */
const beginnings: readonly (readonly [bytes: string, kind: string])[] = [
	['\x1f\x8b', 'compressed by gzip. Unpack it first, by gzip -d'],
	['\x28\xb5\x2f\xfd', 'compressed by zstd. Unpack it first, by zstd -d'],
	['\xfd7zXZ\0', 'compressed by xz. Unpack it first, by xz -d'],
	['BZh', 'compressed by bzip2. Unpack it first, by bzip2 -d'],
	['\x04\x22\x4d\x18', 'compressed by lz4. Unpack it first, by lz4 -d'],
	['\x02\x21\x4c\x18', 'compressed by lz4. Unpack it first, by lz4 -d'],
	['PK\x03\x04', 'a ZIP archive'],
	['hsqs', 'a SquashFS image'],
	['070701', 'a cpio archive, as an initrd is'],
	['070702', 'a cpio archive, as an initrd is'],
	['!<arch>\n', 'a Debian package, or a static library'],
	['QFI\xfb', 'a disk image (qcow2)'],
	['KDMV', 'a disk image (vmdk)'],
	['conectix', 'a disk image (VHD)'],
	['\x7fELF', 'a program (ELF)'],
];

/** Returns null for what it does not know. */
export function fileKind(head: Uint8Array): string | null {
	if (head.length === 0) return 'empty';
	const text = Buffer.from(head.subarray(0, kindBytes)).toString('latin1');
	const known = beginnings.find(([bytes]) => text.startsWith(bytes))?.[1];
	if (known !== undefined) return known;
	if (text.length === kindBytes && text.endsWith('\x55\xaa')) return 'a disk image';
	if (text.startsWith('MZ')) return 'a kernel, or a program of EFI';
	// biome-ignore lint/suspicious/noControlCharactersInRegex: what no text has
	return /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(text) ? null : 'a text';
}
