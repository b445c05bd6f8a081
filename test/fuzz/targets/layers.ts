// Layers of an image: merged, placed in the system, and written as cpio, tar and with stored attributes.

import { cpioArchive } from '../../../tools/archive/cpio.ts';
import type { Entry } from '../../../tools/archive/entry.ts';
import { tarArchive } from '../../../tools/archive/tar.ts';
import { tarMembers } from '../../../tools/archive/tar-members.ts';
import { flattenLayers } from '../../../tools/system/flatten.ts';
import { placeImage } from '../../../tools/system/place-image.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { readCpio, requireBelow } from '../support/cpio-reader.ts';
import { isForUser } from '../support/declared.ts';
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
		const layers = layersOf(input);
		const entries = (): AsyncGenerator<Entry, void> =>
			placeImage(
				flattenLayers(layers.map((layer, index) => ({ what: `L${index}`, open: () => inPieces(layer) }))),
				{ prefix: place, resolvConfLink: null },
			);
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
};

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
