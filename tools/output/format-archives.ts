// `tar-kernel-initrd`: the files of kernel+initrd in one tar. `gcp`: a disk for BIOS in the tar.gz that Google's cloud imports.

import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { headersOf } from '../archive/tar.ts';
import { SlipwayError } from '../errors.ts';
import { bytesContent, type Content, layOut, type Placed, roundUp } from '../files/content.ts';
import { joinFiles } from '../files/joined.ts';
import { textFile } from '../system/place-image.ts';
import { writingIntact } from './boot-files.ts';
import { biosDisk } from './disk-layouts.ts';
import type { OutputFormat } from './format.ts';
import { biosDiskTools } from './format-medium.ts';

const tarBlockBytes = 512;
/** Google asks for a multiple of 1 GB, and for this name of the file. */
const gcpDiskBytes = 2 ** 30;
const gcpDisks = ['virtio', 'board'] as const;
const gcpName = 'disk.raw';

export const tarKernelInitrdFormat: OutputFormat = {
	name: 'tar-kernel-initrd',
	description: 'kernel, initrd.img and cmdline in one archive',
	endings: ['-initrd.tar'],
	boot: null,
	unpacking: (path, system) => `tar -xf ${path} --transform 's/^/${system}-/' && slipway run ${system}`,
	async write(job) {
		const boot = await writingIntact(job, async ({ kernel, initrd, commandLine }) => {
			if (kernel === null)
				throw new SlipwayError('BAD_CONFIG', 'tar-kernel-initrd: the configuration names no kernel.');
			const content = tarOf([
				['kernel', kernel],
				['initrd.img', initrd],
				['cmdline', bytesContent(Buffer.from(commandLine))],
			]);
			await job.files.join(`${job.output}-initrd.tar`, content.sources);
		});
		job.report(boot.memoryLine);
		return ['-initrd.tar'];
	},
};

export const gcpFormat: OutputFormat = {
	name: 'gcp',
	description: "a disk for BIOS, to import into Google's cloud",
	endings: ['.img.tar.gz'],
	boot: null,
	unpacking: (path) => `tar -xzf ${path} && slipway run ${gcpName}`,
	isDisk: true,
	biosTools: biosDiskTools,
	async write(job) {
		const boot = await writingIntact(
			job,
			async ({ kernel, ...files }) => {
				if (kernel === null) throw new SlipwayError('BAD_CONFIG', 'gcp: the configuration names no kernel.');
				const disk = await biosDisk({ ...files, kernel }, job);
				const sizeBytes = roundUp(disk.sizeBytes, gcpDiskBytes);
				const padded = layOut([{ startBytes: 0, content: disk }], sizeBytes);
				const path = join(job.scratch, gcpName);
				await rm(path, { force: true });
				await joinFiles(tarOf([[gcpName, padded]], oldGnu).sources, path);
				// The root is compressed already: a higher level takes longer and saves nothing.
				const packed = createReadStream(path).pipe(createGzip({ level: 1 }));
				await job.files.write(`${job.output}.img.tar.gz`, packed);
				await rm(path);
			},
			gcpDisks,
		);
		job.report(boot.memoryLine);
		return ['.img.tar.gz'];
	},
};

/** Returns an archive whose contents are not copied before it is written. */
function tarOf(
	files: readonly (readonly [name: string, content: Content])[],
	formatOf: (header: Buffer) => Buffer = (header) => header,
): Content {
	const placed: Placed[] = [];
	let end = 0;
	for (const [name, content] of files) {
		const { sizeBytes } = content;
		const header = formatOf(Buffer.concat([...headersOf({ ...textFile(name, ''), sizeBytes })]));
		placed.push({ startBytes: end, content: bytesContent(header) });
		placed.push({ startBytes: end + header.length, content });
		end += header.length + roundUp(sizeBytes, tarBlockBytes);
	}
	return layOut(placed, end + 2 * tarBlockBytes);
}

/** Returns the header in GNU's older format, which Google's import asks for: it differs in its magic, and so in its checksum. */
function oldGnu(header: Buffer): Buffer {
	const copy = Buffer.from(header);
	copy.write('ustar  \0', 257, 'latin1');
	copy.fill(' ', 148, 156);
	const sum = copy.reduce((total, byte) => total + byte, 0);
	copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
	return copy;
}
