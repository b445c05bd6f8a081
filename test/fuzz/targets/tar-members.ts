// Members of a tar, with PAX headers, GNU's long names and sparse files.

import { tarMembers } from '../../../tools/archive/tar-members.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';
import { inPieces, tarSeeds, tarWords, withChecksums } from '../support/tar-blocks.ts';

/** A sparse file may claim any size; so much of it is read. */
const maxReadBytes = 4 * 1024 * 1024;

export const target: FuzzTarget = {
	seeds: tarSeeds(),
	words: tarWords,
	repair: withChecksums,
	declares: isForUser,
	async run(input) {
		for await (const { header, content } of tarMembers(inPieces(input), 'T')) {
			if (!Number.isSafeInteger(header.sizeBytes) || header.sizeBytes < 0) {
				throw new Violation(`a size of ${header.sizeBytes}`);
			}
			let bytes = 0;
			for await (const chunk of content()) {
				bytes += chunk.length;
				if (bytes > maxReadBytes) return;
			}
			if (bytes !== header.sizeBytes)
				throw new Violation(`${bytes} bytes, not ${header.sizeBytes} as the header says`);
		}
	},
};
