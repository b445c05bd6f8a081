// `tar`: the whole tree in one archive, with the kernel and its command line in boot/, as LinuxKit writes it. `docker`: the same with a
// Dockerfile, which `docker build - < NAME.docker` reads.

import type { Entry } from '../archive/entry.ts';
import { tarArchive } from '../archive/tar.ts';
import { treeInOneStream } from '../system/boot-entries.ts';
import { folder, textFile } from '../system/place-image.ts';
import type { OutputFormat } from './format.ts';

/** LinuxKit's, with the init that starts everything here. The archive is the build's context, so it removes itself. */
const dockerfile = `FROM scratch

COPY . ./
RUN rm -f Dockerfile

ENTRYPOINT ["/init"]
`;

export const tarFormat: OutputFormat = {
	name: 'tar',
	description: 'the whole tree as one archive',
	endings: ['.tar'],
	boot: null,
	async write({ plan, blobs, output, files, report }) {
		await files.write(`${output}.tar`, tarArchive(withRoot(treeInOneStream(plan, blobs, report))));
		return ['.tar'];
	},
};

export const dockerFormat: OutputFormat = {
	name: 'docker',
	description: 'the same with a Dockerfile, to pipe into "docker build -"',
	endings: ['.docker'],
	boot: null,
	async write({ plan, blobs, output, files, report }) {
		const entries = withDockerfile(withRoot(treeInOneStream(plan, blobs, report)));
		await files.write(`${output}.docker`, tarArchive(entries));
		return ['.docker'];
	},
};

async function* withDockerfile(entries: AsyncIterable<Entry>): AsyncGenerator<Entry, void> {
	yield* entries;
	yield textFile('Dockerfile', dockerfile);
}

/** Programs that make a file system of an archive (sqfstar, mkfs.erofs) give a root without an entry the mode 0777. */
async function* withRoot(entries: AsyncIterable<Entry>): AsyncGenerator<Entry, void> {
	yield folder('.');
	yield* entries;
}
