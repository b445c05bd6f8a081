// `tar`: the whole tree in one archive, with the kernel and its command line in boot/, as LinuxKit writes it.

import { tarArchive } from '../archive/tar.ts';
import { treeInOneStream } from '../system/boot-entries.ts';
import type { OutputFormat } from './format.ts';

const ending = '.tar';

export const tarFormat: OutputFormat = {
	name: 'tar',
	description: 'the whole tree as one archive',
	endings: [ending],
	boot: null,
	async write({ plan, blobs, output, files, report }) {
		await files.write(`${output}${ending}`, tarArchive(treeInOneStream(plan, blobs, report)));
		return [ending];
	},
};
