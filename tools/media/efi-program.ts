// Adds sections to an EFI program (PE/COFF, Microsoft's specification): a stub, a kernel, an initrd and a command line become one
// program that firmware starts, a unified kernel image (UAPI.5). It makes no signature. The bytes depend on the input alone.

import { SlipwayError } from '../errors.ts';
import { bytesContent, type Content, layOut, type Placed, roundUp } from '../files/content.ts';

export interface Section {
	/** Up to 8 characters, a dot first. */
	readonly name: string;
	readonly content: Content;
}

/** The program, and where the contents of each section are in it. */
export interface EfiProgram extends Content {
	/** By the name of the section. */
	readonly startBytes: ReadonlyMap<string, number>;
}

/** A kernel and an initrd start at a sector of a CD, so that an ISO can name them as files of its own: another section is first. */
const fileAlignment = 4096;
const headerBytes = 40;
const initializedReadable = 0x4000_0040;
const maxBytes = 2 ** 32 - 2 ** 16;

/**
 * @param stub - the program that starts the kernel in the sections
 * @param stubName - for errors
 */
export function efiProgram(stub: Buffer, stubName: string, sections: readonly Section[]): EfiProgram {
	const pe = readHeader(stub, stubName);
	// What follows the last section are symbols, of which the header must name none.
	const head = Buffer.from(stub.subarray(0, pe.endBytes));
	head.fill(0, pe.start + 12, pe.start + 20);
	const { tableStart, count, optionalStart } = pe;
	if (tableStart + headerBytes * (count + sections.length) > pe.headersBytes)
		throw new SlipwayError('TOOL_FAILED', `${stubName} has no room for ${sections.length} more sections.`);
	const placed: Placed[] = [];
	const startBytes = new Map<string, number>();
	let position = pe.endBytes;
	let address = roundUp(pe.endAddress, pe.sectionAlignment);
	let dataBytes = head.readUInt32LE(optionalStart + 8);
	for (const [index, { name, content }] of sections.entries()) {
		// No gap may be between sections: signing tools and firmware differ in what they hash of one.
		const rawBytes = roundUp(position + content.sizeBytes, fileAlignment) - position;
		if (position + rawBytes > maxBytes || address + rawBytes > maxBytes) throw tooLarge();
		const header = Buffer.alloc(headerBytes);
		header.write(name, 0, 8, 'latin1');
		header.writeUInt32LE(content.sizeBytes, 8);
		header.writeUInt32LE(address, 12);
		header.writeUInt32LE(rawBytes, 16);
		header.writeUInt32LE(position, 20);
		header.writeUInt32LE(initializedReadable, 36);
		header.copy(head, tableStart + headerBytes * (count + index));
		startBytes.set(name, position);
		placed.push({ startBytes: position, content });
		position += rawBytes;
		address = roundUp(address + content.sizeBytes, pe.sectionAlignment);
		dataBytes += rawBytes;
	}
	head.writeUInt16LE(count + sections.length, pe.start + 6);
	head.writeUInt32LE(dataBytes, optionalStart + 8);
	head.writeUInt32LE(address, optionalStart + 56);
	// The checksum; firmware ignores it.
	head.writeUInt32LE(0, optionalStart + 64);
	return { ...layOut([{ startBytes: 0, content: bytesContent(head) }, ...placed], position), startBytes };
}

interface PeHeader {
	readonly start: number;
	readonly optionalStart: number;
	readonly tableStart: number;
	readonly count: number;
	readonly headersBytes: number;
	readonly sectionAlignment: number;
	/** Behind the last section in memory. */
	readonly endAddress: number;
	/** Behind the last section in the file. */
	readonly endBytes: number;
}

function readHeader(file: Buffer, name: string): PeHeader {
	try {
		const start = file.readUInt32LE(0x3c);
		if (file.toString('latin1', start, start + 4) !== 'PE\0\0') throw new RangeError('no PE header');
		const optionalStart = start + 24;
		const tableStart = optionalStart + file.readUInt16LE(start + 20);
		const count = file.readUInt16LE(start + 6);
		const headers = Array.from({ length: count }, (_, index) => tableStart + headerBytes * index);
		const sum = (at: number, first: number, second: number): number =>
			file.readUInt32LE(at + first) + file.readUInt32LE(at + second);
		return {
			start,
			optionalStart,
			tableStart,
			count,
			headersBytes: file.readUInt32LE(optionalStart + 60),
			sectionAlignment: Math.max(file.readUInt32LE(optionalStart + 32), fileAlignment),
			endAddress: Math.max(...headers.map((at) => sum(at, 8, 12))),
			endBytes: Math.max(...headers.map((at) => sum(at, 16, 20))),
		};
	} catch (cause) {
		throw new SlipwayError('TOOL_FAILED', `${name} is no EFI program: install its package again.`, { cause });
	}
}

function tooLarge(): SlipwayError {
	return new SlipwayError(
		'BAD_CONFIG',
		'The kernel and the initrd are larger than 4 GB together, which an EFI program can not be.',
	);
}
