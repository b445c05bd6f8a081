// Reads the sections of an EFI program (PE/COFF), as firmware loads them.

import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SlipwayError } from '../errors.ts';

export interface EfiSection {
	readonly name: string;
	readonly startBytes: number;
	/** In the memory, without what fills the file up. */
	readonly sizeBytes: number;
}

const maxHeaderBytes = 64 * 1024;

/** Returns the sections in their order. Throws a `SlipwayError` for a file that is no EFI program, or is cut. */
export async function readEfiSections(path: string): Promise<readonly EfiSection[]> {
	const file = await open(path, 'r');
	try {
		return await sectionsIn(file);
	} catch (cause) {
		if (!(cause instanceof RangeError)) throw cause;
		throw new SlipwayError('BAD_INPUT', `${path} is no EFI program, or it is cut.`, { cause });
	} finally {
		await file.close();
	}
}

export async function* sectionContent(
	path: string,
	{ startBytes, sizeBytes }: EfiSection,
): AsyncGenerator<Buffer, void> {
	const end = startBytes + sizeBytes - 1;
	if (sizeBytes > 0) yield* createReadStream(path, { start: startBytes, end, highWaterMark: 2 ** 20 });
}

const maxTextBytes = 4096;

/** Returns the first 4096 bytes of a section as text. */
export async function sectionText(path: string, section: EfiSection): Promise<string> {
	const chunks: Buffer[] = [];
	const sizeBytes = Math.min(section.sizeBytes, maxTextBytes);
	for await (const chunk of sectionContent(path, { ...section, sizeBytes })) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

async function sectionsIn(file: FileHandle): Promise<readonly EfiSection[]> {
	const { size } = await file.stat();
	const { buffer, bytesRead } = await file.read(Buffer.alloc(maxHeaderBytes), 0, maxHeaderBytes, 0);
	const head = buffer.subarray(0, bytesRead);
	const start = head.readUInt32LE(0x3c);
	if (head.toString('latin1', 0, 2) !== 'MZ' || head.toString('latin1', start, start + 4) !== 'PE\0\0')
		throw new RangeError('no PE header');
	const table = start + 24 + head.readUInt16LE(start + 20);
	return Array.from({ length: head.readUInt16LE(start + 6) }, (_, index) => {
		const at = table + 40 * index;
		const name = head.toString('latin1', at, at + 8).replace(/\0.*$/s, '');
		// The file may hold less than the memory, in which zeros follow.
		const section = { name, startBytes: head.readUInt32LE(at + 20), sizeBytes: head.readUInt32LE(at + 8) };
		if (section.startBytes + head.readUInt32LE(at + 16) > size) throw new RangeError('cut');
		return section;
	});
}
