import { openSync, writeSync } from 'node:fs';
import test from 'ava';
import { describeContents, readContents, tableOf } from '../../../../../pkg/applet/disks/contents.ts';
import { diskImage, mebibyte, readImage } from './images.ts';

const uuid = '0b6ce5e1-6cb4-4bf3-b1e2-5f26d1a2c3d4';
const size = 64 * mebibyte;

/** Content that a real program made is known by the name that blkid has for it, with label and UUID. */
const knows = test.macro({
	async exec(t, command: string, type: string, label: string, id: string | RegExp, sizeBytes: number = size) {
		const disk = await diskImage(t, sizeBytes, command);
		const { findings, mbr } = readImage(disk, readContents);
		t.is(findings.length, 1, JSON.stringify(findings));
		t.like(findings[0], { type, label });
		if (typeof id === 'string') t.is(findings[0]?.uuid, id);
		else t.regex(findings[0]?.uuid ?? '', id);
		t.is(mbr, null);
	},
	title: (_, command: string, type) => `readContents() knows ${type}: ${command.slice(0, 50)}`,
});

test(knows, `mke2fs -q -t ext4 -L my-data -U ${uuid} $disk`, 'ext4', 'my-data', uuid);
test(knows, `mke2fs -q -t ext3 -L my-data -U ${uuid} $disk`, 'ext3', 'my-data', uuid);
test(knows, `mke2fs -q -t ext2 -L sixteen-bytes-16 -U ${uuid} $disk`, 'ext2', 'sixteen-bytes-16', uuid);
test(knows, `mke2fs -q -O journal_dev -L journal -U ${uuid} $disk`, 'jbd', 'journal', uuid);
test(knows, `mkfs.xfs -q -L fast -m uuid=${uuid} $disk`, 'xfs', 'fast', uuid, 300 * mebibyte);
test(knows, `mkfs.btrfs -q -L 'a label' -U ${uuid} $disk`, 'btrfs', 'a label', uuid, 128 * mebibyte);
test(knows, 'mkfs.fat -F 32 -n BOOT -i 1234ABCD $disk >&2', 'vfat', 'BOOT', '1234-ABCD');
test(knows, 'mkfs.fat -F 16 -n SMALL -i 00000001 $disk >&2', 'vfat', 'SMALL', '0000-0001', 16 * mebibyte);
test(knows, 'mkfs.fat -F 12 $disk >&2', 'vfat', '', /^[0-9A-F]{4}-[0-9A-F]{4}$/, mebibyte);
test(knows, 'mkfs.exfat -L "My data" $disk >&2', 'exfat', 'My data', /^[0-9A-F]{4}-[0-9A-F]{4}$/);
test(knows, `mkswap -q -L swapped -U ${uuid} $disk`, 'swap', 'swapped', uuid);
test(
	knows,
	`printf x | cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --label secret --uuid ${uuid} $disk -`,
	'crypto_LUKS',
	'secret',
	uuid,
);
test(
	knows,
	`printf x | cryptsetup luksFormat -q --type luks1 --pbkdf-force-iterations 1000 --uuid ${uuid} $disk -`,
	'crypto_LUKS',
	'',
	uuid,
);
test(knows, 'mksquashfs /etc/hostname $disk -noappend -quiet >&2', 'squashfs', '', '');
test(knows, `mkfs.erofs --quiet -U ${uuid} $disk /etc/apt >&2`, 'erofs', '', uuid);
test(
	knows,
	'xorriso -as mkisofs -quiet -V cidata -J -r -o $disk /etc/hostname 2>/dev/null',
	'iso9660',
	'cidata',
	/^\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-\d\d$/,
);

/** Those that no program makes without a device: bytes at the places that their headers tell. */
const bytes = test.macro({
	async exec(t, place: number, magic: string, type: string) {
		const disk = await diskImage(t, 16 * mebibyte);
		const at = place < 0 ? 16 * mebibyte + place : place;
		writeSync(openSync(disk, 'r+'), Buffer.from(magic, 'latin1'), 0, magic.length, at);
		const contents = readImage(disk, readContents);
		t.is(contents.findings[0]?.type, type);
		t.true(describeContents(contents).startsWith(type));
	},
	title: (_, place, __, type) => `readContents() knows ${type} at ${place}`,
});

test(bytes, 512, 'LABELONE', 'LVM2_member');
test(bytes, 4096, '\xfc\x4e\x2b\xa9', 'linux_raid_member');
test(bytes, -8192, '\xfc\x4e\x2b\xa9', 'linux_raid_member');
test(bytes, -65_536, '\xfc\x4e\x2b\xa9', 'linux_raid_member');
test(bytes, 0x1018, '\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81', 'bcache');
test(bytes, 150 * 1024, '\x0c\xb1\xba\x00\x00\x00\x00\x00', 'zfs_member');
test(bytes, 3, 'NTFS    ', 'ntfs');
test(bytes, 0x4000, 'SKUL\xba\xbe', 'crypto_LUKS');
test(bytes, -512, '\xde\x11\xde\x11', 'ddf_raid_member');
test(bytes, 0, 'XFSB', 'xfs');

test('readContents() finds nothing on a blank disk, and on one of a few bytes', async (t) => {
	for (const sizeBytes of [size, 512, 0]) {
		const disk = await diskImage(t, sizeBytes);
		t.deepEqual(readImage(disk, readContents), { findings: [], mbr: null, gpt: null });
	}
});

test('readContents() tells all that contradict each other', async (t) => {
	const disk = await diskImage(
		t,
		size,
		`mkswap -q -U ${uuid} $disk; mke2fs -q -F -t ext4 -U ${uuid} $disk
		printf SWAPSPACE2 | dd of=$disk bs=1 seek=4086 conv=notrunc status=none`,
	);
	const { findings } = readImage(disk, readContents);
	t.deepEqual(
		findings.map(({ type }) => type),
		['ext4', 'swap'],
	);
});

const tables = test.macro({
	async exec(t, command: string, table: 'dos' | 'gpt', described: string) {
		const disk = await diskImage(t, size, command);
		const contents = readImage(disk, readContents);
		t.is(tableOf(contents), table);
		t.is(describeContents(contents), described);
	},
	title: (_, command: string, __, described) => `describeContents(): ${described} (${command.length})`,
});

const gpt = `printf 'label: gpt\\n,8M,L\\n,,L\\n' | sfdisk -q $disk; `;
const zeroSector = (sector: string): string =>
	`dd if=/dev/zero of=$disk bs=512 seek=${sector} count=1 conv=notrunc status=none; `;

test(tables, `printf ',8M,L\\n' | sfdisk -q $disk`, 'dos', 'a DOS partition table with 1 partition');
test(tables, `printf 'label: dos\\n' | sfdisk -q $disk`, 'dos', 'a DOS partition table with 0 partitions');
test(tables, gpt, 'gpt', 'a GPT with 2 partitions');
test(tables, gpt + zeroSector('1'), 'gpt', 'a GPT with 2 partitions (its first copy is absent)');
test(tables, gpt + zeroSector('2'), 'gpt', 'a GPT with 2 partitions (its first copy is damaged)');
test(tables, gpt + zeroSector('131071'), 'gpt', 'a GPT with 2 partitions (its second copy is absent)');
test(
	tables,
	gpt + zeroSector('1') + zeroSector('131071'),
	'gpt',
	'the boot record of a GPT whose two copies are absent',
);
test(
	tables,
	gpt + zeroSector('0') + zeroSector('2'),
	'gpt',
	'a GPT with 2 partitions (its first copy is damaged)',
);
// A hybrid: the boot record has a second entry besides the one that protects the GPT (byte 466: its type).
test(
	tables,
	`${gpt}printf '\\203' | dd of=$disk bs=1 seek=466 conv=notrunc status=none`,
	'gpt',
	'a GPT with 2 partitions and 1 partition more in its boot record',
);
