// The facts about an image by which its containers are checked: each path with its kind, what each program asks for, and a
// few small files. They are read once for an image and kept in the store, so that a build does not unpack it again.

import { type Entry, type FileEntry, fileNames } from '../archive/entry.ts';
import { dynamicRange, type FileRanges, type Linking, readLinking, readSegments } from '../elf/linking.ts';
import { elfMachine } from '../elf/machine.ts';

/** A program or library; `unknown` when it could not be read. `machine` is for whose processor it is (e_machine of elf(5)). */
export type Program =
	| ({ readonly kind: 'elf'; readonly machine: number } & Linking)
	/** A script. `line` is what follows `#!`. */
	| { readonly kind: 'script'; readonly line: string }
	/** An executable file that begins with neither `#!` nor the mark of ELF. */
	| { readonly kind: 'data' }
	| { readonly kind: 'unknown'; readonly machine: number | null };

/** Paths have no slash at their start, as those of entries. */
export interface ImageFacts {
	readonly directories: readonly string[];
	readonly links: Readonly<Record<string, string>>;
	/** Files that are no programs, and devices. */
	readonly files: readonly string[];
	/** Executable files, and libraries. */
	readonly programs: Readonly<Record<string, Program & { readonly isExecutable: boolean }>>;
	/** The contents of `textFiles`. */
	readonly texts: Readonly<Record<string, string>>;
}

/** Bump it when the same image gives other facts. */
export const factsVersion = 2;

/** An image of more paths is not checked: reading its facts would slow each build. */
const maxPaths = 300_000;

const textFiles = /^etc\/(?:passwd|group|ld\.so\.conf|ld\.so\.conf\.d\/[^/]+\.conf|ld-musl-[^/]+\.path)$/;
const maxTextBytes = 64 * 1024;
const maxLineBytes = 256;
/** The start of a file that is kept while it is read. Tables of names stand near the start of larger files, too. */
const maxHeadBytes = 32 * 1024 * 1024;

/** Returns null for an image of more than `maxPaths`. */
export async function readFacts(entries: AsyncIterable<Entry>): Promise<ImageFacts | null> {
	const directories: string[] = [];
	const links: [string, string][] = [];
	const files: string[] = [];
	const programs: [string, ImageFacts['programs'][string]][] = [];
	const texts: [string, string][] = [];
	let count = 0;
	for await (const entry of entries) {
		if (++count > maxPaths) return null;
		switch (entry.kind) {
			case 'directory':
				directories.push(entry.path);
				break;
			case 'symlink':
				links.push([entry.path, entry.target]);
				break;
			// The file's entry has all its names.
			case 'hardlink':
				break;
			case 'file': {
				const names = fileNames(entry);
				const isText = names.some((name) => textFiles.test(name)) && entry.sizeBytes <= maxTextBytes;
				if (isText) {
					const text = (await wholeFile(entry)).toString('utf8');
					for (const name of names) texts.push([name, text]);
				}
				const isExecutable = (entry.mode & 0o111) !== 0;
				const program = isText ? null : await readProgram(entry, isExecutable);
				if (program === null) files.push(...names);
				else for (const name of names) programs.push([name, { ...program, isExecutable }]);
				break;
			}
			default:
				files.push(entry.path);
		}
	}
	return {
		directories,
		links: Object.fromEntries(links),
		files,
		programs: Object.fromEntries(programs),
		texts: Object.fromEntries(texts),
	};
}

async function wholeFile(file: FileEntry): Promise<Buffer> {
	const parts: Uint8Array[] = [];
	for await (const part of file.content()) parts.push(part);
	return Buffer.concat(parts);
}

/** Returns null for a file that is neither executable nor a library. Reads no more of it than that takes. */
async function readProgram(file: FileEntry, isExecutable: boolean): Promise<Program | null> {
	const reader = new HeadReader();
	for await (const chunk of file.content()) if (!reader.add(chunk, isExecutable)) break;
	return reader.program(isExecutable);
}

/** Keeps the start of a file, and the dynamic section if it is further back. */
class HeadReader {
	#chunks: Uint8Array[] = [];
	#head: Buffer | null = null;
	#headBytes = 0;
	#bytes = 0;
	#range: { readonly offset: number; readonly sizeBytes: number } | null = null;
	#dynamic: Buffer[] = [];

	/** Returns false when no more is needed. */
	add(chunk: Uint8Array, isExecutable: boolean): boolean {
		const start = this.#bytes;
		this.#bytes += chunk.length;
		if (this.#headBytes < maxHeadBytes) {
			this.#chunks.push(chunk);
			this.#headBytes += chunk.length;
		} else this.#keepDynamic(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length), start);
		const first = this.#chunks[0] ?? chunk;
		if (this.#bytes < 4) return true;
		const isElf = first.length >= 4 ? isElfMark(first) : isElfMark(this.#joined());
		return isElf || (isExecutable && this.#bytes < maxLineBytes);
	}

	#keepDynamic(chunk: Buffer, start: number): void {
		if (this.#range === null) {
			const segments = readSegments(this.#ranges());
			this.#range = (segments === null ? null : dynamicRange(segments)) ?? { offset: 0, sizeBytes: 0 };
		}
		const { offset, sizeBytes } = this.#range;
		const from = Math.max(offset - start, 0);
		const to = Math.min(offset + sizeBytes - start, chunk.length);
		// A section that begins in the kept start is not put together.
		if (offset >= this.#headBytes && from < to) this.#dynamic.push(Buffer.from(chunk.subarray(from, to)));
	}

	#joined(): Buffer {
		if (this.#head?.length !== this.#headBytes) this.#head = Buffer.concat(this.#chunks);
		return this.#head;
	}

	#ranges(): FileRanges {
		const head = this.#joined();
		const dynamic = Buffer.concat(this.#dynamic);
		return {
			at: (offset, length) => {
				if (offset + length <= head.length) return head.subarray(offset, offset + length);
				return offset === this.#range?.offset && length === dynamic.length ? dynamic : null;
			},
		};
	}

	program(isExecutable: boolean): Program | null {
		const head = this.#joined();
		if (head.length >= 4 && isElfMark(head)) {
			const ranges = this.#ranges();
			const segments = readSegments(ranges);
			const linking = segments === null ? null : readLinking(ranges, segments);
			const machine = elfMachine(head);
			if (linking !== null && machine !== null) return { kind: 'elf', machine, ...linking };
			return isExecutable ? { kind: 'unknown', machine } : null;
		}
		if (!isExecutable) return null;
		if (head.toString('latin1', 0, 2) !== '#!') return { kind: 'data' };
		const line = head.toString('utf8', 2, maxLineBytes).split('\n', 1)[0] ?? '';
		// The kernel takes a CR for a part of the name.
		return { kind: 'script', line: line.replaceAll(/^[ \t]+|[ \t]+$/g, '') };
	}
}

function isElfMark(bytes: Uint8Array): boolean {
	return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** Returns null for a text of another shape; the facts are then read again. */
export function parseFacts(text: string): ImageFacts | null {
	try {
		const facts = JSON.parse(text) as ImageFacts | null;
		return facts !== null && Array.isArray(facts.directories) && Array.isArray(facts.files) ? facts : null;
	} catch {
		return null;
	}
}
