// `tar`: the whole tree in one archive, with the kernel and its command line in boot/, as LinuxKit writes it.

import type { Entry } from '../archive/entry.ts';
import { tarArchive } from '../archive/tar.ts';
import { treeInOneStream } from '../system/boot-entries.ts';
import { folder } from '../system/place-image.ts';
import type { OutputFormat } from './format.ts';

const ending = '.tar';

export const tarFormat: OutputFormat = {
	name: 'tar',
	description: 'the whole tree as one archive',
	endings: [ending],
	boot: null,
	async write({ plan, blobs, output, files, report }) {
		await files.write(`${output}${ending}`, tarArchive(withRoot(treeInOneStream(plan, blobs, report))));
		return [ending];
	},
};

/** Programs that make a file system of an archive (sqfstar, mkfs.erofs) give a root without an entry the mode 0777. */
async function* withRoot(entries: AsyncIterable<Entry>): AsyncGenerator<Entry, void> {
	yield folder('.');
	yield* entries;
}
