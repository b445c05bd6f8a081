// Recognizes what a disk may hold besides file systems: parts of RAIDs and volume groups, encrypted disks, swap, and tables of
// other systems. Such a disk is never written to; the names only make the message clear.
//
// Places: util-linux, libblkid/src/superblocks/*.c and partitions/*.c; the kernel's drivers/md, include/uapi/linux/
// raid/md_p.h, drivers/md/bcache, include/linux/swap.h; LUKS2's on-disk format specification.

import type { BlockReader } from './block-reader.ts';
import { nameless, textAt, u16, uuidAt } from './fields.ts';
import type { Signature } from './signature.ts';

const pageSizes = [0x1000, 0x2000, 0x4000, 0x8000, 0x10000];
const kind = 'container';

const identifyRaid: Signature['identify'] = (reader, offset) => ({
	label: textAt(reader, offset + 32, 32),
	uuid: uuidAt(reader, offset + 16),
});

const volumeGroup = (reader: BlockReader, offset: number): string => {
	const id = textAt(reader, offset + 32, 32);
	return [0, 6, 10, 14, 18, 22, 26].map((from, index, all) => id.slice(from, all[index + 1])).join('-');
};

export const containers: readonly Signature[] = [
	...['SWAPSPACE2', 'SWAP-SPACE'].map(
		(magic): Signature => ({
			type: 'swap',
			kind,
			magic,
			offsets: pageSizes.map((size) => size - 10),
			identify: (reader) => ({ label: textAt(reader, 0x41c, 16), uuid: uuidAt(reader, 0x40c) }),
		}),
	),
	...['S1SUSPEND', 'S2SUSPEND', 'ULSUSPEND', 'LINHIB0001'].map(
		(magic): Signature => ({ type: 'swsuspend', kind, magic, offsets: pageSizes.map((size) => size - 10) }),
	),
	{
		type: 'LVM2_member',
		kind,
		magic: 'LABELONE',
		offsets: [0, 512, 1024, 1536],
		identify: (reader, offset) => ({ ...nameless, uuid: volumeGroup(reader, offset) }),
	},
	{ type: 'LVM1_member', kind, magic: 'HM\x01\x00', offsets: [0] },
	{
		type: 'crypto_LUKS',
		kind,
		magic: 'LUKS\xba\xbe',
		offsets: [0],
		identify: (reader) => ({
			label: reader.read(6, 2).readUInt16BE() === 2 ? textAt(reader, 24, 48) : '',
			uuid: textAt(reader, 168, 40),
		}),
	},
	// The second header of LUKS2, which alone is enough to open the disk.
	{
		type: 'crypto_LUKS',
		kind,
		magic: 'SKUL\xba\xbe',
		offsets: Array.from({ length: 9 }, (_, power) => 0x4000 * 2 ** power),
	},
	{ type: 'BitLocker', kind, magic: '-FVE-FS-', offsets: [3] },
	{ type: 'linux_raid_member', kind, magic: '\xfc\x4e\x2b\xa9', offsets: [0, 4096], identify: identifyRaid },
	{
		type: 'linux_raid_member',
		kind,
		magic: '\xfc\x4e\x2b\xa9',
		identify: identifyRaid,
		// Version 1.0: 8 to 12 KiB before the end, at a multiple of 4 KiB.
		offsets: Array.from({ length: 8 }, (_, sector) => -8192 - sector * 512),
		confirm: (_, offset) => offset % 4096 === 0,
	},
	{
		type: 'linux_raid_member',
		kind,
		magic: '\xfc\x4e\x2b\xa9',
		// Version 0.90: 64 to 128 KiB before the end, at a multiple of 64 KiB.
		offsets: Array.from({ length: 128 }, (_, sector) => -65_536 - sector * 512),
		confirm: (_, offset) => offset % 65_536 === 0,
	},
	{ type: 'ddf_raid_member', kind, magic: '\xde\x11\xde\x11', offsets: [-512] },
	{ type: 'isw_raid_member', kind, magic: 'Intel Raid ISM Cfg Sig. ', offsets: [-1024] },
	...['\x0c\xb1\xba\x00\x00\x00\x00\x00', '\x00\x00\x00\x00\x00\xba\xb1\x0c'].map(
		(magic): Signature => ({ type: 'zfs_member', kind, magic, offsets: zfsUberblocks() }),
	),
	{
		type: 'bcache',
		kind,
		offsets: [0x1018],
		magic: '\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81',
	},
	{
		type: 'bcachefs',
		kind,
		offsets: [0x1018],
		magic: '\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef',
	},
	{ type: 'ceph_bluestore', kind, magic: 'bluestore block device', offsets: [0] },
	{ type: 'stratis', kind, magic: '!Stra0tis\x86\xff\x02^\x41rh', offsets: [0x204, 0x1204] },
	{ type: 'vdo', kind, magic: 'dmvdo001', offsets: [0] },
	{ type: 'drbd', kind, magic: '\x83\x74\x02\x6d', offsets: [-4036] },
	{ type: 'DM_verity_hash', kind, magic: 'verity\0\0', offsets: [0] },
	{
		type: 'sun',
		kind: 'table',
		magic: '\xda\xbe',
		offsets: [508],
		confirm: (reader) => u16(reader, 510) !== 0xaa55,
	},
	{ type: 'sgi', kind: 'table', magic: '\x0b\xe5\xa9\x41', offsets: [0] },
	{ type: 'mac', kind: 'table', magic: 'PM', offsets: [512] },
	{ type: 'bsd', kind: 'table', magic: 'WEV\x82', offsets: [0, 64, 512] },
	{
		type: 'amiga',
		kind: 'table',
		magic: 'RDSK',
		offsets: Array.from({ length: 16 }, (_, block) => block * 512),
	},
];

/** Returns the places in the first label: 128, one every KiB. Each of the four labels holds them all. */
function zfsUberblocks(): number[] {
	return Array.from({ length: 128 }, (_, slot) => (128 + slot) * 1024);
}
