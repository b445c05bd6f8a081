// The tar that `service tar -x` reads, and what its writer makes of the same members.

import { buffer } from 'node:stream/consumers';
import { CopyError, splitName } from '../../../supervisor/copy/copied-file.ts';
import { encodeTarHeader, endOfTar, paddingOf, readTar } from '../../../supervisor/copy/tar-codec.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { inPieces, tarSeeds, tarWords, withChecksums } from '../support/tar-blocks.ts';

export const target: FuzzTarget = {
	seeds: tarSeeds(),
	words: tarWords,
	repair: withChecksums,
	declares: (error) => error instanceof CopyError,
	async run(input) {
		const once = await rewritten(inPieces(input));
		const twice = await rewritten(inPieces(once));
		if (!once.equals(twice)) throw new Violation('what is written is read in another way');
	},
};

async function rewritten(tar: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const pieces: Buffer[] = [];
	for await (const { header, content } of readTar(tar)) {
		if (splitName(header.name).some((part) => ['', '.', '..'].includes(part) || /[/\0]/.test(part)))
			throw new Violation(`${header.name} leads elsewhere`);
		const bytes = await buffer(content());
		if (bytes.length !== header.sizeBytes)
			throw new Violation(`${bytes.length} bytes, not ${header.sizeBytes}`);
		pieces.push(encodeTarHeader(header), bytes, Buffer.alloc(paddingOf(bytes.length)));
	}
	return Buffer.concat([...pieces, endOfTar]);
}
