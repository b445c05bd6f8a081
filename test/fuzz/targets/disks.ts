// Fuzzes what is on a disk: partition tables, file systems and their names. The disk may be anybody's.

import { crc32 } from 'node:zlib';
import { findUsedByte } from '../../../pkg/applet/disks/blankness.ts';
import type { BlockReader } from '../../../pkg/applet/disks/block-reader.ts';
import { describeContents, readContents, tableOf } from '../../../pkg/applet/disks/contents.ts';
import { encodeLinkName, findVolume } from '../../../pkg/applet/disks/find-volume.ts';
import { gptWrites, linuxGptType } from '../../../pkg/applet/disks/gpt.ts';
import { mbrSector } from '../../../pkg/applet/disks/mbr.ts';
import { describeVolume, fileSystemOf, tableEntryOf, type Volume } from '../../../pkg/applet/disks/volume.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';

const sectorBytes = 512;
const diskBytes = 64 * 1024;
const maxReadBytes = 2 ** 27;

export const target: FuzzTarget = {
	seeds: [...signedDisks(), gptDisk(), mbrDisk()],
	words: [
		'EFI PART',
		'LUKS\xba\xbe',
		'\x53\xef',
		'XFSB',
		'_BHRfS_M',
		'EXFAT   ',
		'NTFS    ',
		'CD001',
		'hsqs',
		'SWAPSPACE2',
		'\x55\xaa',
	].map((word) => Buffer.from(word, 'latin1')),
	repair: withGptChecksums,
	declares: never,
	run(input) {
		for (const bytes of [512, 4096]) {
			const reader = readerOf(input, bytes);
			const contents = readContents(reader);
			describeContents(contents);
			tableOf(contents);
			const disk = volumeOf('vda', input.length, bytes, null, contents);
			const part = volumeOf('vda1', input.length, bytes, { disk: 'vda', number: 1, startBytes: 0 }, contents);
			fileSystemOf(disk);
			describeVolume(disk);
			tableEntryOf(part, [disk, part]);
			for (const { label, uuid } of contents.findings) {
				if (/[\0/]/.test(encodeLinkName(label))) throw new Violation(`the link ${encodeLinkName(label)}`);
				findVolume(`LABEL=${label}`, [disk, part], '/dev');
				findVolume(`UUID=${uuid}`, [disk, part], '/dev');
			}
		}
		findUsedByte(readerOf(input, 512));
	},
};

function volumeOf(
	name: string,
	sizeBytes: number,
	bytes: number,
	partition: Volume['device']['partition'],
	contents: Volume['contents'],
): Volume {
	const device = {
		name,
		path: `/dev/${name}`,
		sizeBytes,
		sectorBytes: bytes,
		readOnly: false,
		isHeld: false,
		partition,
	};
	return { device, contents, problem: '' };
}

function readerOf(disk: Buffer, bytes: number): BlockReader {
	return {
		sizeBytes: disk.length,
		sectorBytes: bytes,
		read(offset, length) {
			if (!(length >= 0 && length <= maxReadBytes)) throw new Violation(`a read of ${length} bytes`);
			const part = Buffer.alloc(length);
			const start = Math.max(offset, 0);
			if (start < disk.length && offset + length > 0)
				disk.copy(part, start - offset, start, Math.min(disk.length, offset + length));
			return part;
		},
	};
}

/** Disks that begin as a file system of a kind does. */
function signedDisks(): Buffer[] {
	const signatures: readonly (readonly [offset: number, magic: string])[] = [
		[1080, '\x53\xef'],
		[0, 'XFSB'],
		[65_600 % diskBytes, '_BHRfS_M'],
		[3, 'EXFAT   '],
		[3, 'NTFS    '],
		[54, 'FAT16   '],
		[82, 'FAT32   '],
		[32_769, 'CD001'],
		[0, 'hsqs'],
		[4086, 'SWAPSPACE2'],
		[0, 'LUKS\xba\xbe\x00\x02'],
		[1024, '\xe2\xe1\xf5\xe0'],
		[536, 'LABELONE'],
	];
	return signatures.map(([offset, magic]) => {
		const disk = Buffer.alloc(offset > 30_000 ? diskBytes : 8192);
		disk.write(magic, offset, 'latin1');
		disk.write('\x55\xaa', 510, 'latin1');
		return disk;
	});
}

function gptDisk(): Buffer {
	const disk = Buffer.alloc(diskBytes);
	const guid = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
	const partition = { number: 1, type: linuxGptType, guid, firstSector: 40, sectors: 20, name: 'data' };
	const sectors = diskBytes / sectorBytes;
	for (const { offset, bytes } of gptWrites({
		diskGuid: guid,
		partitions: [partition],
		sectors,
		sectorBytes,
	})) {
		bytes.copy(disk, offset);
	}
	return disk;
}

function mbrDisk(): Buffer {
	const partition = { number: 1, type: 0x83, firstSector: 8, sectors: 8 };
	return Buffer.concat([mbrSector({ diskId: 5, partitions: [partition] }), Buffer.alloc(8192)]);
}

/** A GPT has checksums of its header and of its entries, at both ends of the disk. */
function withGptChecksums(bytes: Buffer): Buffer {
	const disk = Buffer.from(bytes);
	for (const at of [sectorBytes, Math.floor(disk.length / sectorBytes) * sectorBytes - sectorBytes]) {
		if (at < 0 || at + sectorBytes > disk.length || disk.toString('latin1', at, at + 8) !== 'EFI PART')
			continue;
		disk.writeBigUInt64LE(BigInt(at / sectorBytes), at + 24);
		const entriesAt = Number(disk.readBigUInt64LE(at + 72)) * sectorBytes;
		const entriesBytes = disk.readUInt32LE(at + 80) * disk.readUInt32LE(at + 84);
		if (entriesBytes < 1024 * 1024 && entriesAt < disk.length) {
			const entries = Buffer.alloc(entriesBytes);
			disk.copy(entries, 0, entriesAt, Math.min(disk.length, entriesAt + entriesBytes));
			disk.writeUInt32LE(crc32(entries), at + 88);
		}
		const headerBytes = disk.readUInt32LE(at + 12);
		if (headerBytes < 92 || headerBytes > sectorBytes) continue;
		disk.writeUInt32LE(0, at + 16);
		disk.writeUInt32LE(crc32(disk.subarray(at, at + headerBytes)), at + 16);
	}
	return disk;
}
