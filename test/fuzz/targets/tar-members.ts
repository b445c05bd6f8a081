// Members of a tar, with PAX headers, GNU's long names and sparse files. GNU tar is the other reader.

import { nameToBytes } from '../../../supervisor/image/name-bytes.ts';
import type { TarKind } from '../../../supervisor/image/tar-header.ts';
import { tarMembers } from '../../../supervisor/image/tar-members.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';
import { listByTar } from '../support/gnu-archives.ts';
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
	async compare(input) {
		const ours: string[] = [];
		for await (const { header } of tarMembers(inPieces(input), 'T')) {
			const name = nameToBytes(header.name).toString('latin1');
			ours.push(shown(letters[header.kind], name, header.kind === 'file' ? header.sizeBytes : 0));
		}
		const theirs = listByTar(input);
		if (theirs === null) return;
		const listed = theirs.map(({ kind, name, sizeBytes }) =>
			shown(kind, name, kind === '-' ? (sizeBytes ?? 0) : 0),
		);
		for (const [index, line] of ours.entries()) {
			if (line !== listed[index])
				throw new Violation(`member ${index}: ${line}, for GNU tar ${listed[index]}`);
		}
		if (listed.length > ours.length)
			throw new Violation(`GNU tar lists ${listed.length} members, not ${ours.length}`);
	},
};

const letters: Readonly<Record<TarKind, string>> = {
	...{ file: '-', directory: 'd', symlink: 'l', link: 'h', character: 'c', block: 'b', fifo: 'p' },
};

/** GNU tar lists a directory without the slashes at its end, or with one. */
function shown(kind: string, name: string, sizeBytes: number): string {
	return `${kind} ${JSON.stringify(kind === 'd' ? name.replace(/\/+$/, '') : name)} ${sizeBytes}`;
}
