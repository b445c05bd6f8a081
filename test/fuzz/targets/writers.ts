// Our writers of archives with entries of any kind: newc cpio, tar and ISO. Each is either refused or read back by another
// reader. The input is a list of entries, each of fixed fields and a name.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nameFromBytes, nameToBytes } from '../../../supervisor/image/name-bytes.ts';
import { tarMembers } from '../../../supervisor/image/tar-members.ts';
import { cpioArchive } from '../../../tools/archive/cpio.ts';
import type { Entry } from '../../../tools/archive/entry.ts';
import { type IsoFile, isoImage } from '../../../tools/archive/iso-image.ts';
import { tarArchive } from '../../../tools/archive/tar.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { readCpio } from '../support/cpio-reader.ts';
import { isForUser } from '../support/declared.ts';
import { listByCpio, listByTar } from '../support/gnu-archives.ts';
import { inPieces } from '../support/tar-blocks.ts';

const kinds = ['file', 'directory', 'symlink', 'block', 'character', 'fifo'] as const;
const fieldsBytes = 32;

export const target: FuzzTarget = {
	seeds: [
		...kinds.map((_, kind) => record(kind, 'a/b', 5)),
		Buffer.concat([record(1, 'd', 0), record(0, 'd/e', 700), record(2, 'd/l', 3), record(4, 'd/c', 0)]),
		record(0, 'n'.repeat(150), 2 ** 33),
		record(0, 'ü\xff', 2 ** 21),
	],
	words: ['/', '..', 'TRAILER!!!', '\0', '\n', '\xff', 'x'.repeat(255), ';1', 'META-DATA'],
	declares: (error) =>
		isForUser(error) ||
		(error instanceof RangeError && /ISO image|config drive|out of range/.test(error.message)),
	async run(input) {
		const entries = entriesOf(input);
		const cpio = await written(cpioArchive(streamOf(entries)));
		if (cpio !== null) {
			const read = readCpio(cpio);
			checkFields(entries, read);
		}
		const tar = await written(tarArchive(streamOf(entries)));
		if (tar !== null) await checkTar(entries, tar);
		isoImage('config-2', isoFiles(entries));
	},
	async compare(input) {
		const entries = entriesOf(input);
		const names = entries.map(({ path }) => nameToBytes(path).toString('latin1'));
		const [cpio, tar] = [
			await written(cpioArchive(streamOf(entries))),
			await written(tarArchive(streamOf(entries))),
		];
		if (cpio !== null) agree('cpio', names, listByCpio(cpio)?.map(({ name }) => name) ?? null);
		if (tar !== null) agree('tar', names, listByTar(tar)?.map(({ name }) => name.replace(/\/$/, '')) ?? null);
		compareIso(isoFiles(entries));
	},
};

/** The names that `tree-path.ts` and the readers of layers let through; a writer gets no other. */
const allowedName = /^(?!\.{1,2}$)[^/\0]{1,255}$/;

function record(kind: number, name: string, sizeBytes: number): Buffer {
	const bytes = Buffer.from(name, 'latin1');
	const fields = Buffer.alloc(fieldsBytes);
	fields[0] = kind;
	fields.writeUInt16BE(0o755, 1);
	fields.writeDoubleBE(sizeBytes, 3);
	fields.writeUInt16BE(bytes.length, fieldsBytes - 2);
	return Buffer.concat([fields, bytes]);
}

function entriesOf(input: Buffer): Entry[] {
	const entries: Entry[] = [];
	for (let at = 0; at + fieldsBytes <= input.length && entries.length < 50; ) {
		const fields = input.subarray(at, at + fieldsBytes);
		const nameEnd = at + fieldsBytes + fields.readUInt16BE(fieldsBytes - 2);
		const path = nameFromBytes(input.subarray(at + fieldsBytes, nameEnd));
		at = nameEnd;
		if (path === '' || !path.split('/').every((name) => allowedName.test(name))) continue;
		entries.push(entryOf(fields, path));
	}
	return entries;
}

function entryOf(fields: Buffer, path: string): Entry {
	const kind = kinds[(fields[0] ?? 0) % kinds.length] ?? 'file';
	const number = fields.readDoubleBE(3);
	const common = {
		...{ path, mode: fields.readUInt16BE(1) & 0o7777 },
		...{
			uid: fields.readUInt32BE(11),
			gid: fields.readUInt32BE(15) * (fields[19] ?? 0),
			mtimeSeconds: fields.readUInt32BE(20),
		},
	};
	if (kind === 'symlink') return { ...common, kind, target: path };
	if (kind === 'block' || kind === 'character')
		return { ...common, kind, major: fields.readUInt32BE(3), minor: number };
	if (kind !== 'file') return { ...common, kind };
	// The bytes of a large file are not made: its writer must refuse it, or find it too short.
	const bytes = Buffer.alloc(number > 0 && number < 4096 ? Math.floor(number) : 0, 'x');
	const sizeBytes = number >= 4096 || !Number.isInteger(number) ? number : bytes.length;
	const content = async function* () {
		yield bytes;
	};
	return { ...common, kind, sizeBytes, content };
}

async function* streamOf(entries: readonly Entry[]): AsyncGenerator<Entry, void> {
	yield* entries;
}

/** Returns null when the writer refuses an entry. */
async function written(archive: AsyncIterable<Uint8Array>): Promise<Buffer | null> {
	const parts: Uint8Array[] = [];
	try {
		for await (const part of archive) parts.push(part);
	} catch (error) {
		if (!isForUser(error)) throw error;
		return null;
	}
	return Buffer.concat(parts);
}

function checkFields(entries: readonly Entry[], read: ReturnType<typeof readCpio>): void {
	if (read.length !== entries.length)
		throw new Violation(`cpio: ${read.length} of ${entries.length} entries`);
	for (const [index, { path, mode, uid, gid }] of entries.entries()) {
		const found = read[index];
		const name = nameToBytes(path).toString('latin1');
		if (found?.name !== name || (found.mode & 0o7777) !== mode || found.uid !== uid || found.gid !== gid) {
			throw new Violation(
				`cpio: ${JSON.stringify({ ...found, content: '' })} of ${JSON.stringify({ name, mode, uid, gid })}`,
			);
		}
	}
}

async function checkTar(entries: readonly Entry[], tar: Buffer): Promise<void> {
	let index = 0;
	for await (const { header } of tarMembers(inPieces(tar), 'our own tar')) {
		const wanted = entries[index++];
		const name = wanted?.kind === 'directory' ? `${wanted.path}/` : wanted?.path;
		if (
			header.name !== name ||
			header.uid !== wanted?.uid ||
			header.gid !== wanted.gid ||
			header.mode !== wanted.mode
		) {
			throw new Violation(`tar: ${JSON.stringify(header)} of ${JSON.stringify(wanted)}`);
		}
	}
	if (index !== entries.length) throw new Violation(`tar: ${index} of ${entries.length} entries`);
}

function agree(program: string, names: readonly string[], listed: readonly string[] | null): void {
	if (listed === null) throw new Violation(`GNU ${program} refuses our archive`);
	// Several files of one name are listed together by some options of these programs.
	if (names.toSorted().join('\0') !== listed.toSorted().join('\0')) {
		throw new Violation(`GNU ${program} lists ${JSON.stringify(listed)}, not ${JSON.stringify(names)}`);
	}
}

/** The names that a config drive has are plain. */
function isoFiles(entries: readonly Entry[]): IsoFile[] {
	const files = entries.flatMap(({ path }): IsoFile[] => {
		const name = path.replaceAll(/[^A-Za-z0-9-]/g, '');
		return name === '' ? [] : [{ name, content: Buffer.from(path) }];
	});
	return [...new Map(files.map((file) => [file.name.toLowerCase(), file])).values()];
}

/** xorriso reads the image back. */
function compareIso(files: readonly IsoFile[]): void {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-fuzz-iso-'));
	try {
		const image = join(folder, 'a.iso');
		writeFileSync(image, isoImage('config-2', files));
		const options = ['-indev', image, '-find', '/', '-type', 'f', '-exec', 'report_lba'];
		const { stdout, stderr } = spawnSync('xorriso', options, { encoding: 'utf8' });
		const sizes = [...stdout.matchAll(/^File data lba: +\d+ , +\d+ , +\d+ , +(\d+) , /gm)].map(([, size]) =>
			Number(size),
		);
		const wanted = files.map(({ content }) => content.length);
		if (sizes.sort().join() !== wanted.sort().join()) {
			throw new Violation(`xorriso lists files of ${sizes} bytes, not ${wanted}: ${stderr.slice(-300)}`);
		}
	} finally {
		rmSync(folder, { recursive: true });
	}
}
