// Layers of an image: merged, placed in the system, and written as cpio and tar. GNU's programs read both.

import { nameToBytes } from '../../../supervisor/image/name-bytes.ts';
import { tarMembers } from '../../../supervisor/image/tar-members.ts';
import { cpioArchive } from '../../../tools/archive/cpio.ts';
import type { Entry } from '../../../tools/archive/entry.ts';
import { tarArchive } from '../../../tools/archive/tar.ts';
import { flattenLayers } from '../../../tools/system/flatten.ts';
import { placeImage } from '../../../tools/system/place-image.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { readCpio, requireBelow } from '../support/cpio-reader.ts';
import { isForUser } from '../support/declared.ts';
import { type ListedMember, listByCpio, listByTar } from '../support/gnu-archives.ts';
import { inPieces, tarSeeds, tarWords, withChecksums } from '../support/tar-blocks.ts';

const place = 'containers/services/x/lower';
const blockBytes = 512;
const maxWrittenBytes = 8 * 1024 * 1024;

export const target: FuzzTarget = {
	seeds: [...tarSeeds(), ...pairsOf(tarSeeds())],
	words: tarWords,
	repair: withChecksums,
	declares: isForUser,
	async run(input) {
		const entries = entriesOf(input);
		const cpio = await written(cpioArchive(entries()));
		if (cpio === null) return;
		const read = readCpio(cpio);
		requireBelow(read, place);
		const tar = await written(tarArchive(entries()));
		if (tar === null) return;
		let members = 0;
		for await (const { header } of tarMembers(inPieces(tar), 'our own tar')) {
			members += 1;
			const name = `${header.name}/`;
			if (!name.startsWith(`${place}/`) && !place.startsWith(header.name.replace(/\/$/, '')))
				throw new Violation(`tar: ${JSON.stringify(header.name)} is outside`);
		}
		if (members !== read.length)
			throw new Violation(`the tar has ${members} entries, the cpio ${read.length}`);
	},
	async compare(input) {
		const entries = entriesOf(input);
		const cpio = await written(cpioArchive(entries()));
		const tar = await written(tarArchive(entries()));
		if (cpio === null || tar === null) return;
		const own: string[] = [];
		for await (const entry of entries()) own.push(shown(entry));
		agree('tar', own, listByTar(tar));
		agree('cpio', own, listByCpio(cpio));
	},
};

function entriesOf(input: Buffer): () => AsyncGenerator<Entry, void> {
	const layers = layersOf(input).map((layer, index) => ({ what: `L${index}`, open: () => inPieces(layer) }));
	return () => placeImage(flattenLayers(layers), { prefix: place, resolvConfLink: null });
}

const letters: Readonly<Record<Entry['kind'], string>> = {
	...{ file: '-', hardlink: 'h', directory: 'd', symlink: 'l', character: 'c', block: 'b', fifo: 'p' },
};

function shown({ kind, path }: Entry): string {
	return `${letters[kind]} ${JSON.stringify(nameToBytes(path).toString('latin1'))}`;
}

/** Compares the names and kinds with what a program lists. For cpio another name of a file is a file. */
function agree(program: string, own: readonly string[], listed: readonly ListedMember[] | null): void {
	if (listed === null) throw new Violation(`GNU ${program} refuses our archive`);
	const lines = listed.map((member) => {
		const name = member.kind === 'd' ? member.name.replace(/\/$/, '') : member.name;
		return `${member.kind} ${JSON.stringify(name)}`;
	});
	const wanted = program === 'cpio' ? own.map((line) => line.replace(/^h/, '-')) : own;
	const [missing] = wanted.filter((line) => !lines.includes(line));
	if (missing !== undefined) throw new Violation(`GNU ${program} does not list ${missing}`);
	if (lines.length !== wanted.length)
		throw new Violation(`GNU ${program} lists ${lines.length}, not ${wanted.length}`);
}

function pairsOf(tars: readonly Buffer[]): Buffer[] {
	return tars.map((tar, index) => Buffer.concat([tar, tars[(index + 5) % tars.length] ?? tar]));
}

/** An input is one layer or several: a header after an end mark begins the next. */
function layersOf(input: Buffer): Buffer[] {
	const layers: Buffer[] = [];
	let from = 0;
	for (let at = 2 * blockBytes; at + blockBytes <= input.length; at += blockBytes) {
		const isHeader = input.toString('latin1', at + 257, at + 262) === 'ustar';
		if (!isHeader || input.subarray(at - 2 * blockBytes, at).some((byte) => byte !== 0)) continue;
		layers.push(input.subarray(from, at));
		from = at;
	}
	return [...layers, input.subarray(from)];
}

/** Returns null for an archive that is large because of sparse files. */
async function written(archive: AsyncIterable<Uint8Array>): Promise<Buffer | null> {
	const parts: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of archive) {
		bytes += chunk.length;
		if (bytes > maxWrittenBytes) return null;
		parts.push(Buffer.from(chunk));
	}
	return Buffer.concat(parts);
}
