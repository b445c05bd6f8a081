// Programs whose pages are packed (tools/elf/pack-pages.ts). The input is a program, and before it a list of pages. A reader of its own
// moves the pages back as the machine code at the entry does: then the memory must be that of the program before.

import { UnknownElf } from '../../../tools/elf/dynamic-program.ts';
import { header, PT_LOAD, readSegments, type Segment } from '../../../tools/elf/elf64.ts';
import { findCode, packPages, pageBytes } from '../../../tools/elf/pack-pages.ts';
import { startStub } from '../../../tools/elf/start-stub.ts';
import { parseRuns } from '../../../tools/output/start-pages.ts';
import { smallElf } from '../../helpers/small-elf.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';

/** Of the list: a byte for the pages that are skipped, and one for those of the run. */
const listBytes = 16;
const base = 0x400;

const list = (...bytes: number[]): Buffer =>
	Buffer.from([...bytes, ...Array<number>(listBytes).fill(0)].slice(0, listBytes));
const places = placesOfWords();

export const target: FuzzTarget = {
	seeds: [
		...[list(1, 2, 1, 2), list(0, 200), list(2, 1), list()].map((each) => Buffer.concat([each, smallElf()])),
		Buffer.concat([list(0, 9), smallElf({ segmentBytes: 0 })]),
		Buffer.concat([list(0, 9), withLastSegmentWritten(), Buffer.from('tables of symbols')]),
	],
	declares: (error) => error instanceof UnknownElf,
	run(input) {
		const before = input.subarray(listBytes);
		const program = Buffer.from(before);
		// A packed program is an input like any other.
		findCode(program);
		let tail: readonly Buffer[];
		try {
			tail = packPages(program, parseRuns(runsOf(input)));
		} catch (error) {
			if (!program.equals(before)) throw new Violation('a program that is refused has changed');
			throw error;
		}
		checkMemory(before, Buffer.concat([program, ...tail]));
	},
};

function runsOf(input: Buffer): string {
	const runs = [`${base}+0`];
	for (let at = 0; at + 1 < listBytes; at += 2) runs.push(`${input[at] ?? 0}+${input[at + 1] ?? 0}`);
	return runs.join(' ');
}

function checkMemory(before: Buffer, packed: Buffer): void {
	const entry = Number(packed.readBigUInt64LE(header.entry));
	const stub = read(packed, entry, startStub({ records: 0, pages: 0, codeBytes: 0, entry: 0 }).length);
	const words = places.map((place) => Number(stub.readBigUInt64LE(place)));
	const [records = 0, pages = 0, codeBytes = 0, ownEntry = 0] = words;
	if (!startStub({ records, pages, codeBytes, entry: ownEntry }).equals(stub))
		throw new Violation('the entry is no stub');
	if (ownEntry !== Number(before.readBigUInt64LE(header.entry))) throw new Violation('the entry is lost');
	const moved: { readonly address: number; readonly bytes: number }[] = [];
	let from = pages;
	for (let at = records; ; at += 16) {
		const record = read(packed, at, 16);
		const [address, bytes] = [Number(record.readBigUInt64LE(0)), Number(record.readBigUInt64LE(8))];
		if (address === 0) break;
		if (address % pageBytes !== 0 || bytes % pageBytes !== 0 || bytes === 0 || from % pageBytes !== 0)
			throw new Violation(`${bytes} bytes at ${address} are no pages`);
		if (!read(packed, from, bytes).equals(read(before, address, bytes)))
			throw new Violation(`the pages at ${address} are others`);
		moved.push({ address, bytes });
		from += bytes;
	}
	for (const { address, fileBytes, at, offset } of loads(before)) {
		const now = loads(packed).find((each) => each.at === at);
		if (now?.address !== address || now.offset !== offset) throw new Violation('a segment has moved');
		for (let done = 0; done < fileBytes; done += pageBytes) {
			const place = address + done;
			const bytes = Math.min(pageBytes - (place % pageBytes), fileBytes - done);
			done -= pageBytes - bytes;
			if (moved.some((each) => place >= each.address && place < each.address + each.bytes)) continue;
			const file = offset + (place - address);
			const [was, is] = [before.subarray(file, file + bytes), packed.subarray(file, file + bytes)];
			if (!withoutHeaders(before, file, was).equals(withoutHeaders(before, file, is)))
				throw new Violation(`memory at ${place} is another`);
		}
	}
}

const loads = (program: Buffer): readonly Segment[] =>
	readSegments(program).filter(({ type }) => type === PT_LOAD);

/** Of mapped memory, without the zeros behind a segment's bytes. */
function read(program: Buffer, address: number, bytes: number): Buffer {
	const found = loads(program).find(
		(each) => address >= each.address && address + bytes <= each.address + each.fileBytes,
	);
	if (found === undefined) throw new Violation(`nothing is mapped at ${address}`);
	const start = found.offset + address - found.address;
	return program.subarray(start, start + bytes);
}

/** The header names another entry and other segments. */
function withoutHeaders(program: Buffer, offset: number, part: Buffer): Buffer {
	const copy = Buffer.from(part);
	const hide = (from: number, to: number): unknown =>
		from - offset < copy.length &&
		to > offset &&
		copy.fill(0, Math.max(from - offset, 0), Math.min(to - offset, copy.length));
	hide(0, 64);
	const table = Number(program.readBigUInt64LE(header.phoff));
	hide(table, table + program.readUInt16LE(header.phnum) * 56);
	return copy;
}

/** Returns the places of the stub's words, in the order of its arguments. */
function placesOfWords(): number[] {
	const zeros = { records: 0, pages: 0, codeBytes: 0, entry: 0 };
	const empty = startStub(zeros);
	return Object.keys(zeros).map((name) => {
		const other = startStub({ ...zeros, [name]: 0xff });
		return other.findIndex((byte, at) => byte !== empty[at]);
	});
}

/** A program whose last segment can't grow, with room for another header. */
function withLastSegmentWritten(): Buffer {
	const program = smallElf({ segments: 4 });
	program.writeUInt32LE(6, 64 + 2 * 56 + 4);
	program.writeUInt32LE(0x6474e553, 64 + 3 * 56);
	return program;
}
