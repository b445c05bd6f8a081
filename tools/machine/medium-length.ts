// How long the file of a medium must be, by its own tables: firmware and QEMU read zeros behind the end of one that was cut, and the
// guest then ends in the middle of its boot. Only what no reader does without is counted, so that images of other tools pass.

import { statSync } from 'node:fs';
import type { Medium } from '../output/format.ts';
import { readAt } from './medium-processor.ts';

const sectorBytes = 512;
const isoSectorBytes = 2048;
const gptType = 0xee;

/** Returns 0 for a file that says nothing of it. */
export function neededLength(path: string, imageFormat: Medium['imageFormat']): number {
	if (imageFormat === 'qcow2') return qcow2Length(path);
	if (imageFormat === 'vmdk') return vmdkLength(path);
	if (imageFormat === 'raw') return programLength(path) ?? isoLength(path) ?? diskLength(path);
	return 0;
}

/** The end of an EFI program's last section (PE/COFF). Null for another file. */
export function programLength(path: string): number | null {
	const head = readAt(path, 0, 64 * 1024);
	if (head.toString('latin1', 0, 2) !== 'MZ') return null;
	const start = head.readUInt32LE(0x3c);
	if (start > head.length - 24 || head.toString('latin1', start, start + 4) !== 'PE\0\0') return null;
	const table = start + 24 + head.readUInt16LE(start + 20);
	const count = Math.min(head.readUInt16LE(start + 6), Math.floor((head.length - table) / 40));
	let end = 0;
	for (let at = table; at < table + 40 * count; at += 40)
		end = Math.max(end, head.readUInt32LE(at + 20) + head.readUInt32LE(at + 16));
	return end;
}

/** The size of the volume (ECMA-119, 8.4.8). Null for another file. */
function isoLength(path: string): number | null {
	const volume = readAt(path, 16 * isoSectorBytes, isoSectorBytes);
	if (volume.toString('latin1', 1, 6) !== 'CD001') return null;
	return volume.readUInt32LE(80) * isoSectorBytes;
}

/** The end of the second table of GPT, or of the last partition. */
function diskLength(path: string): number {
	const start = readAt(path, 0, 2 * sectorBytes);
	if (start.readUInt16LE(510) !== 0xaa55) return 0;
	const entries = [446, 462, 478, 494].map((at) => start.subarray(at, at + 16));
	if (start.toString('latin1', sectorBytes, sectorBytes + 8) === 'EFI PART')
		return (Number(start.readBigUInt64LE(sectorBytes + 32)) + 1) * sectorBytes;
	// Of a file system without partitions these bytes are code; a partition is active or not (0x80, 0).
	if (entries.some((entry) => ((entry[0] ?? 0) & 0x7f) !== 0)) return 0;
	const ends = entries
		.filter((entry) => entry[4] !== 0 && entry[4] !== gptType)
		.map((entry) => (entry.readUInt32LE(8) + entry.readUInt32LE(12)) * sectorBytes);
	return Math.max(0, ...ends);
}

/** Of qcow2's incompatible features: an entry of the second table has two words. */
const hasLongEntries = 1n << 4n;
const wordBytes = 8;
/** The upper half of a word: the flag of a compressed cluster, and the part of a position. */
const isCompressed = 0x4000_0000;
const upperMask = 0x00ff_ffff;
/** QEMU takes no larger first table, and no other clusters. */
const maxTableBytes = 32 * 2 ** 20;
const clusterBits = { least: 9, most: 21 } as const;
/** A file with more second tables is not looked at: 2 TiB in qcow2's clusters of 64 KiB, 4 TiB of vmdk. */
const mostSecondBytes = 2 ** 28;

/** The last cluster's first byte, by both tables (QEMU's docs/interop/qcow2.txt). The last cluster of all may be shorter than the others. */
function qcow2Length(path: string): number {
	const { size } = statSync(path);
	const header = readAt(path, 0, 80);
	const bits = header.readUInt32BE(20);
	const tableBytes = header.readUInt32BE(36) * wordBytes;
	if (bits < clusterBits.least || bits > clusterBits.most || tableBytes > maxTableBytes) return 0;
	const isLong = header.readUInt32BE(4) >= 3 && (header.readBigUInt64BE(72) & hasLongEntries) !== 0n;
	const tableAt = Number(header.readBigUInt64BE(40));
	let last = tableAt + tableBytes - 1;
	if (last >= size) return last + 1;
	// The position of a compressed cluster has fewer bits, and no sectors' end.
	const compressedMask = 2 ** (62 - (bits - 8) - 32) - 1;
	const positionAt = (table: Buffer, at: number): number => {
		const upper = table.readUInt32BE(at);
		const lower = table.readUInt32BE(at + 4);
		if ((upper & isCompressed) !== 0) return (upper & compressedMask) * 2 ** 32 + lower;
		return (upper & upperMask) * 2 ** 32 + lower - (lower % sectorBytes);
	};
	const first = readAt(path, tableAt, tableBytes);
	const seconds = new Set<number>();
	for (let at = 0; at < tableBytes; at += wordBytes) seconds.add(positionAt(first, at));
	seconds.delete(0);
	// Each table has a cluster of its own, and the last of all may be shorter.
	if ((seconds.size - 1) * 2 ** bits > size) return seconds.size * 2 ** bits;
	if (seconds.size * 2 ** bits > mostSecondBytes) return 0;
	for (const start of seconds) {
		last = Math.max(last, start + 2 ** bits - 1);
		// What is behind the end is long enough to tell.
		if (last >= size) break;
		const second = readAt(path, start, 2 ** bits);
		for (let at = 0; at < second.length; at += isLong ? 2 * wordBytes : wordBytes)
			last = Math.max(last, positionAt(second, at));
	}
	return last + 1;
}

/** Of a vmdk whose tables are at its end, where a copy of the header has their position. */
const tablesAtEnd = 2n ** 64n - 1n;
/** QEMU takes no larger second tables. */
const mostTableEntries = 512;

/** The last grain's first byte, by both tables, and the copy of the header at the end (VMware's Virtual Disk Format 5.0). */
function vmdkLength(path: string): number {
	const { size } = statSync(path);
	if (size < 2 * sectorBytes) return 2 * sectorBytes;
	const end = readAt(path, size - 2 * sectorBytes, sectorBytes);
	const start = readAt(path, 0, sectorBytes);
	const isAtEnd = start.readBigUInt64LE(56) === tablesAtEnd;
	if (isAtEnd && end.toString('latin1', 0, 4) !== 'KDMV') return size + 1;
	const header = isAtEnd ? end : start;
	const tableEntries = header.readUInt32LE(44);
	const grains = Number(header.readBigUInt64LE(12)) / Number(header.readBigUInt64LE(20));
	const tableCount = Math.ceil(grains / tableEntries);
	if (!(tableCount * 4 <= maxTableBytes) || tableEntries > mostTableEntries) return 0;
	const directoryAt = Number(header.readBigUInt64LE(56)) * sectorBytes;
	let last = directoryAt + tableCount * 4 - 1;
	const tables = new Set(sectors(readAt(path, directoryAt, tableCount * 4)));
	tables.delete(0);
	const tablesBytes = tables.size * tableEntries * 4;
	if (tablesBytes > size) return tablesBytes;
	if (tablesBytes > mostSecondBytes) return 0;
	for (const table of tables) {
		last = Math.max(last, table * sectorBytes + tableEntries * 4 - 1);
		if (last >= size) break;
		for (const grain of sectors(readAt(path, table * sectorBytes, tableEntries * 4)))
			last = Math.max(last, grain * sectorBytes);
	}
	return last + 1;
}

function sectors(table: Buffer): number[] {
	return Array.from({ length: table.length / 4 }, (_, index) => table.readUInt32LE(index * 4));
}
