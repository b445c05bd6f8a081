// The file of a medium before it boots: what it must not be, how long it is by its own tables, and for which processor. It may be
// anybody's.

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkMedium } from '../../../tools/machine/check-medium.ts';
import { neededLength } from '../../../tools/machine/medium-length.ts';
import { bootCatalog, mediumProcessor } from '../../../tools/machine/medium-processor.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';

const formats = ['raw', 'qcow2', 'vmdk', 'vpc'] as const;
/** A cut in front of it takes the header itself. */
const headerBytes = 64 * 1024;
let folder = '';

export const target: FuzzTarget = {
	seeds: [qcow2(2), qcow2(3), vmdk(false), vmdk(true), iso(), gpt(), mbr(), efi(), vhd(), 'text', ''],
	words: [
		'QFI\xfb',
		'KDMV',
		'CD001',
		'EL TORITO',
		'EFI PART',
		'MZ',
		'PE\0\0',
		'conectix',
		'# Disk',
		'\x55\xaa',
	].map((word) => Buffer.from(word, 'latin1')),
	declares: isForUser,
	run(input) {
		if (folder === '') {
			folder = mkdtempSync(join(tmpdir(), 'slipway-fuzz-medium-'));
			process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
		}
		const path = join(folder, 'medium');
		writeFileSync(path, input);
		mediumProcessor(path);
		bootCatalog(path);
		for (const format of formats) checkEnd(path, input, format);
	},
};

function checkEnd(path: string, input: Buffer, format: (typeof formats)[number]): void {
	const needed = neededLength(path, format);
	if (!(needed >= 0)) throw new Violation(`a length of ${needed} bytes`);
	const isTaken = takes(path, format);
	if (isTaken && needed > input.length) throw new Violation(`${format} is taken without its end`);
	if (!isTaken || needed <= headerBytes) return;
	truncateSync(path, needed - 1);
	const isCutTaken = takes(path, format);
	writeFileSync(path, input);
	if (isCutTaken) throw new Violation(`${format} of ${needed} bytes is taken without the last one`);
}

function takes(path: string, format: (typeof formats)[number]): boolean {
	try {
		checkMedium(path, format);
		return true;
	} catch (error) {
		if (!isForUser(error)) throw error;
		return false;
	}
}

/** With two tables, and a cluster of 512 bytes that is used. */
function qcow2(version: number): Buffer {
	const image = Buffer.alloc(4 * 512);
	image.write('QFI\xfb', 'latin1');
	image.writeUInt32BE(version, 4);
	image.writeUInt32BE(9, 20);
	image.writeBigUInt64BE(32_768n, 24);
	image.writeUInt32BE(1, 36);
	image.writeBigUInt64BE(512n, 40);
	image.writeUInt32BE(104, 100);
	image.writeBigUInt64BE(2n ** 63n + 1024n, 512);
	image.writeBigUInt64BE(2n ** 63n + 1536n, 1024);
	return image;
}

/** With two tables and a grain, and with a copy of the header at its end. */
function vmdk(isAtEnd: boolean): Buffer {
	const header = Buffer.alloc(512);
	header.write('KDMV', 'latin1');
	header.writeUInt32LE(3, 4);
	header.writeBigUInt64LE(1024n, 12);
	header.writeBigUInt64LE(128n, 20);
	header.writeUInt32LE(512, 44);
	header.writeBigUInt64LE(2n, 56);
	const image = Buffer.alloc(10 * 512);
	header.copy(image);
	image.writeUInt32LE(3, 2 * 512);
	image.writeUInt32LE(7, 3 * 512);
	if (!isAtEnd) return image;
	image.writeBigUInt64LE(2n ** 64n - 1n, 56);
	header.copy(image, 8 * 512);
	return image;
}

function iso(): Buffer {
	const image = Buffer.alloc(20 * 2048);
	image.write('\x01CD001', 16 * 2048, 'latin1');
	image.writeUInt32LE(20, 16 * 2048 + 80);
	image.write('\0CD001\x01EL TORITO SPECIFICATION', 17 * 2048, 'latin1');
	image.writeUInt32LE(18, 17 * 2048 + 0x47);
	image.set([1, 0xef], 18 * 2048);
	image.writeUInt32LE(19, 18 * 2048 + 40);
	image.write('BOOTX64 EFI', 19 * 2048 + 512, 'latin1');
	return image;
}

function gpt(): Buffer {
	const disk = Buffer.alloc(16 * 512);
	disk.write('\x55\xaa', 510, 'latin1');
	disk.write('EFI PART', 512, 'latin1');
	disk.writeBigUInt64LE(15n, 512 + 32);
	disk.writeBigUInt64LE(2n, 512 + 72);
	disk.writeUInt32LE(4, 512 + 80);
	disk.writeUInt32LE(128, 512 + 84);
	disk.write('28732ac11ff8d211ba4b00a0c93ec93b', 1024, 'hex');
	disk.writeBigUInt64LE(4n, 1024 + 32);
	return disk;
}

function mbr(): Buffer {
	const disk = Buffer.alloc(16 * 512);
	disk.set([0x80, 0, 0, 0, 0x83], 446);
	disk.writeUInt32LE(4, 446 + 8);
	disk.writeUInt32LE(12, 446 + 12);
	disk.write('\x55\xaa', 510, 'latin1');
	return disk;
}

function efi(): Buffer {
	const program = Buffer.alloc(1024);
	program.write('MZ', 'latin1');
	program.writeUInt32LE(64, 0x3c);
	program.write('PE\0\0', 64, 'latin1');
	program.writeUInt16LE(0x8664, 68);
	program.writeUInt16LE(1, 70);
	program.writeUInt32LE(512, 88 + 16);
	program.writeUInt32LE(512, 88 + 20);
	return program;
}

function vhd(): Buffer {
	return Buffer.concat([Buffer.alloc(512), Buffer.from('conectix'.padEnd(512, '\0'))]);
}
