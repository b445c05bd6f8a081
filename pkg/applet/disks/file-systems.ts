// The file systems that Linux mounts from a disk: where their superblocks are and what names them.
//
// Places: util-linux, libblkid/src/superblocks/*.c; the kernel's fs/ext4/ext4.h, fs/xfs/libxfs/xfs_format.h,
// include/uapi/linux/btrfs_tree.h, fs/erofs/erofs_fs.h, include/linux/f2fs_fs.h; Microsoft's fatgen103 and exFAT
// specification; ECMA-119, ECMA-167.

import type { BlockReader } from './block-reader.ts';
import { type Identity, nameless, serialAt, textAt, u8, u16, u32, uuidAt, wideTextAt } from './fields.ts';
import type { Signature } from './signature.ts';

const kind = 'filesystem';

export const fileSystems: readonly Signature[] = [
	{
		type: 'ext4',
		kind,
		magic: '\x53\xef',
		offsets: [0x438],
		refine: extVersion,
		confirm: (reader) => u32(reader, 0x404) > 0,
		identify: (reader) => ({ label: textAt(reader, 0x478, 16), uuid: uuidAt(reader, 0x468) }),
	},
	{
		type: 'xfs',
		kind,
		magic: 'XFSB',
		offsets: [0],
		identify: (reader) => ({ label: textAt(reader, 108, 12), uuid: uuidAt(reader, 32) }),
	},
	{
		type: 'btrfs',
		kind,
		magic: '_BHRfS_M',
		offsets: [0x10040],
		identify: (reader) => ({ label: textAt(reader, 0x1012b, 256), uuid: uuidAt(reader, 0x10020) }),
	},
	{ type: 'vfat', kind, magic: '\x55\xaa', offsets: [510], confirm: isFat, identify: fatIdentity },
	{ type: 'exfat', kind, magic: 'EXFAT   ', offsets: [3], identify: exfatIdentity },
	{
		type: 'ntfs',
		kind,
		magic: 'NTFS    ',
		offsets: [3],
		identify: (reader) => ({
			...nameless,
			uuid: reader.read(72, 8).readBigUInt64LE().toString(16).toUpperCase().padStart(16, '0'),
		}),
	},
	{
		type: 'iso9660',
		kind,
		magic: 'CD001',
		offsets: [0x8001],
		identify: (reader) => ({ label: textAt(reader, 0x8028, 32), uuid: isoUuid(reader) }),
	},
	{ type: 'udf', kind, magic: 'NSR0', offsets: [0x8001, 0x8801, 0x9001, 0x9801, 0xa001, 0xb001, 0xd001] },
	{ type: 'squashfs', kind, magic: 'hsqs', offsets: [0] },
	{
		type: 'erofs',
		kind,
		magic: '\xe2\xe1\xf5\xe0',
		offsets: [1024],
		identify: (reader) => ({ label: textAt(reader, 1088, 16), uuid: uuidAt(reader, 1072) }),
	},
	{
		type: 'f2fs',
		kind,
		magic: '\x10\x20\xf5\xf2',
		offsets: [1024],
		identify: (reader) => ({ label: wideTextAt(reader, 1148, 1024), uuid: uuidAt(reader, 1132) }),
	},
	{
		type: 'jfs',
		kind,
		magic: 'JFS1',
		offsets: [0x8000],
		identify: (reader) => ({ label: textAt(reader, 0x8098, 16), uuid: uuidAt(reader, 0x8088) }),
	},
	...['ReIsErFs', 'ReIsEr2Fs', 'ReIsEr3Fs'].map(
		(magic): Signature => ({ type: 'reiserfs', kind, magic, offsets: [0x2034, 0x10034] }),
	),
	{ type: 'nilfs2', kind, magic: '\x34\x34', offsets: [1030], confirm: (reader) => u16(reader, 1032) > 0 },
	{ type: 'hfsplus', kind, magic: 'H+\x00\x04', offsets: [1024] },
	{ type: 'hfsplus', kind, magic: 'HX\x00\x05', offsets: [1024] },
	{ type: 'hfs', kind, magic: 'BD', offsets: [1024], confirm: (reader) => u16(reader, 1038) > 0 },
	{ type: 'apfs', kind, magic: 'NXSB', offsets: [32] },
	{ type: 'ocfs2', kind, magic: 'OCFSV2', offsets: [0x400, 0x800, 0x1000, 0x2000] },
	{ type: 'gfs2', kind, magic: '\x01\x16\x19\x70', offsets: [0x10000] },
	{ type: 'ufs', kind, magic: '\x54\x19\x01\x00', offsets: [0x255c, 0x1055c, 0x4055c] },
	{ type: 'ufs', kind, magic: '\x19\x01\x54\x19', offsets: [0x255c, 0x1055c, 0x4055c] },
	{ type: 'cramfs', kind, magic: 'Compressed ROMFS', offsets: [16] },
	{ type: 'romfs', kind, magic: '-rom1fs-', offsets: [0] },
	{ type: 'vmfs', kind, magic: '\x5e\xf1\xab\x2f', offsets: [0x200000] },
	{ type: 'refs', kind, magic: '\0\0\0ReFS\0', offsets: [0] },
];

/** libblkid's rules: a journal makes it ext3; what ext3 does not know makes it ext4. */
function extVersion(reader: BlockReader): string {
	const [compatible, incompatible, readOnly] = [u32(reader, 0x45c), u32(reader, 0x460), u32(reader, 0x464)];
	if ((incompatible & 0x0008) !== 0) return 'jbd';
	const isNew =
		(incompatible & ~(0x0002 | 0x0004 | 0x0010)) !== 0 || (readOnly & ~(0x0001 | 0x0002 | 0x0004)) !== 0;
	if (isNew) return 'ext4';
	return (compatible & 0x0004) === 0 ? 'ext2' : 'ext3';
}

/** 0x55AA alone ends every boot sector: what makes one FAT's is a sound description of its layout. */
function isFat(reader: BlockReader): boolean {
	const [sector, cluster, reserved, copies] = [
		u16(reader, 11),
		u8(reader, 13),
		u16(reader, 14),
		u8(reader, 16),
	];
	const isPower = (value: number): boolean => value > 0 && (value & (value - 1)) === 0;
	const named = textAt(reader, 54, 3) === 'FAT' || textAt(reader, 82, 5) === 'FAT32';
	const media = u8(reader, 21);
	return (
		sector >= 512 &&
		sector <= 4096 &&
		isPower(sector) &&
		isPower(cluster) &&
		reserved > 0 &&
		(copies === 1 || copies === 2) &&
		(media >= 0xf8 || media === 0xf0) &&
		named
	);
}

function fatIdentity(reader: BlockReader): Identity {
	const [serial, label] = u16(reader, 22) === 0 ? [67, 71] : [39, 43];
	const name = textAt(reader, label, 11);
	return { label: name === 'NO NAME' ? '' : name, uuid: serialAt(reader, serial) };
}

/** The label is an entry of the root folder (type 0x83), which mkfs puts first. */
function exfatIdentity(reader: BlockReader): Identity {
	const sectorBytes = 2 ** Math.min(u8(reader, 108), 12);
	const clusterBytes = sectorBytes * 2 ** Math.min(u8(reader, 109), 25);
	const root = u32(reader, 88) * sectorBytes + (u32(reader, 96) - 2) * clusterBytes;
	const isLabel = u8(reader, root) === 0x83;
	const length = Math.min(u8(reader, root + 1), 11);
	return { label: isLabel ? wideTextAt(reader, root + 2, length * 2) : '', uuid: serialAt(reader, 100) };
}

/** The time of the last change, or else of the making, is what blkid calls its UUID. */
function isoUuid(reader: BlockReader): string {
	const digits = [0x833e, 0x832d]
		.map((offset) => textAt(reader, offset, 16))
		.find((text) => /^\d*[1-9]/.test(text));
	const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(digits ?? '') ?? [];
	return parts.join('-');
}
