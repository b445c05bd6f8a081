// `slipway build`: YAML files -> plan -> root tree -> kernel, initrd and command line (or one tar).

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Compression, type Compressors, openCompressors } from '../archive/compressors.ts';
import { tarArchive } from '../archive/tar.ts';
import { SlipwayError } from '../errors.ts';
import { removingOnSignals, type TemporaryPaths } from '../files/temporary-paths.ts';
import { type AsideFiles, asideFiles } from '../files/write-aside.ts';
import { type ImageStore, openImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { parseBuildOptions } from '../options/build-options.ts';
import { planBuild } from '../options/build-plan.ts';
import { readSystem } from '../options/read-system.ts';
import { registryHelp } from '../options/registry-options.ts';
import { trustHelp } from '../options/trust-options.ts';
import { chooseFormats, type Format } from '../output/build-formats.ts';
import { firstArchive, lastArchive } from '../output/initrd-marks.ts';
import { neededMegabytes, type SystemSize } from '../output/memory-need.ts';
import { packSegments } from '../output/pack-segments.ts';
import { isLimitedToHalf, withRootType } from '../output/root-type.ts';
import { openSegmentCache, type SegmentCache } from '../output/segment-cache.ts';
import { lockText } from '../resolve/lock-file.ts';
import type { Plan } from '../resolve/plan.ts';
import { billOfMaterials } from '../sbom/bill-of-materials.ts';
import { treeInOneStream } from '../system/boot-entries.ts';
import { imageFile } from '../system/kernel-image.ts';
import { systemTree } from '../system/system-tree.ts';
import { formatSize } from '../terminal/format-size.ts';
import type { Streams } from '../terminal/streams.ts';
import type { Command } from './command.ts';

const help = `Usage: slipway build [options] FILE.yml...

Packs the system that the YAML files describe (LinuxKit's format; several files are merged, "-" is the standard
input). Images come from the local store; what it lacks is pulled from the registries, with Docker's logins.

Options:
  --format FORMAT         kernel+initrd writes NAME-kernel, NAME-initrd.img and NAME-cmdline; tar writes NAME.tar;
                          several (default: what "outputs" in the YAML names, else kernel+initrd)
  --name NAME             the outputs' name (default: the first file's, without .yml)
  --dir DIR               where they go (default: the working directory)
  --var NAME=VALUE        for \${NAME} in the YAML's values; several. An unset one is an error; \${NAME:-default} has a
                          default, $\${NAME} is no variable
  --env-file FILE         variables, a NAME=VALUE a line; several. --var counts more
  --pull                  ask the registries for every image, also for those that are in the store
  --offline               ask no registry
${registryHelp}\
  --write-lock            write the digest of every image to the lock file, and what was built
  --lock FILE             the lock file (default: the first YAML file's name, with .lock). Where there is one, its
                          digests are what is built, whatever the tags mean by now
${trustHelp}\
  --sbom                  write NAME.spdx.json too: every image, with the Debian and npm packages in it (SPDX 2.3; of
                          images that slipway has not built only name and digest)
  --compression fast|best how small the initrd gets: best saves a fifth, and takes a minute, once: packed images are
                          kept (default: fast)
  --cache DIR             the image store (default: $SLIPWAY_CACHE or $XDG_CACHE_HOME/slipway)
  --help                  this text

The same input gives the same bytes. Packed images are kept in the store, so building again only joins files.
`;

export const buildCommand: Command = {
	name: 'build',
	summary: 'pack a system from YAML files',
	help,
	async run(args, streams) {
		const options = parseBuildOptions(args);
		const config = await readSystem(options);
		const { formats, leftOut } = chooseFormats(options.formats, config.outputs);
		for (const name of leftOut) streams.err.write(`outputs: ${name} can't be written yet and is left out.\n`);
		const folder = dirname(options.output);
		if (!existsSync(folder))
			throw new SlipwayError('NO_FOLDER', `The folder ${folder} does not exist. Make it first.`);
		const written = await removingOnSignals(async (temporary) => {
			const store = openImageStore(storeFolder(options.cache), temporary);
			const plan = await planBuild(config, options, store, streams);
			return await write(plan, store, { ...options, formats }, temporary, streams);
		});
		for (const path of written) {
			streams.out.write(`${path}  ${formatSize((await stat(path)).size)}\n`);
		}
		return 0;
	},
};

interface Wanted {
	/** The path of the outputs without their endings. */
	readonly output: string;
	readonly formats: readonly Format[];
	readonly lock: string | null;
	readonly writeLock: boolean;
	readonly sbom: boolean;
	readonly compression: Compression;
}

/** All outputs appear at the end or none. */
async function write(
	plan: Plan,
	store: ImageStore,
	wanted: Wanted,
	temporary: TemporaryPaths,
	streams: Streams,
): Promise<string[]> {
	const files = asideFiles(temporary);
	const scratch = join(dirname(wanted.output), `.slipway-${randomUUID()}`);
	temporary.add(scratch);
	await mkdir(scratch).catch((cause: Error) => {
		const where = dirname(wanted.output);
		throw new SlipwayError('NO_FOLDER', `Nothing can be written to ${where}: ${cause.message}. See --dir.`, {
			cause,
		});
	});
	try {
		const compressors = openCompressors(wanted.compression);
		const cache = openSegmentCache(store.folder, temporary, compressors);
		const written: string[] = [];
		for (const format of wanted.formats) {
			written.push(
				...(format === 'tar'
					? await writeTar(plan, store, wanted.output, files)
					: await writeKernelAndInitrd(
							plan,
							store,
							wanted.output,
							{ files, cache, compressors, scratch },
							streams,
						)),
			);
		}
		if (wanted.writeLock && wanted.lock !== null) {
			await files.write(wanted.lock, text(lockText(plan.lock)));
			written.push(wanted.lock);
		}
		if (wanted.sbom) {
			const path = `${wanted.output}.spdx.json`;
			await files.write(path, text(billOfMaterials(plan, basename(wanted.output))));
			written.push(path);
		}
		await files.commit();
		return written;
	} finally {
		await files.discard();
		await rm(scratch, { recursive: true, force: true });
		temporary.delete(scratch);
	}
}

interface Workplace {
	readonly files: AsideFiles;
	readonly cache: SegmentCache;
	readonly compressors: Compressors;
	/** A folder that is removed at the end. */
	readonly scratch: string;
}

async function writeKernelAndInitrd(
	plan: Plan,
	store: ImageStore,
	output: string,
	{ files, cache, compressors, scratch }: Workplace,
	streams: Streams,
): Promise<string[]> {
	const { image, binary, ucode, commandLine } = kernelOf(plan);
	const fromImage = (path: string): Promise<string> =>
		cache.file(`${image.manifest.digest} ${path}`, () => imageFile(store.blobs, image, path));
	// The kernel looks for microcode at the very start (Documentation/arch/x86/microcode.rst).
	const single = [binary, ...(ucode === null ? [] : [ucode])].map(fromImage);
	const packing = packSegments(
		systemTree(plan, store.blobs),
		cache,
		scratch,
		compressors,
		({ name }, { sizeBytes, cached }, durationMs) => {
			const how = cached ? 'kept from before' : `packed in ${(durationMs / 1000).toFixed(1)} s`;
			streams.err.write(`${name.padEnd(32)} ${formatSize(sizeBytes).padStart(9)}  ${how}\n`);
		},
	);
	// All have ended, be it badly, before anything that they work with goes.
	await Promise.allSettled([packing, ...single]);
	const [packed, [kernel = '', ...early]] = [await packing, await Promise.all(single)];
	const marks = [join(scratch, 'first'), join(scratch, 'last')] as const;
	await writeFile(marks[0], await firstArchive());
	await writeFile(marks[1], await lastArchive(packed.size));
	const initrd = [...early, marks[0], ...packed.paths, marks[1]];
	await files.join(`${output}-kernel`, [kernel]);
	await files.join(`${output}-initrd.img`, initrd);
	const completeLine = withRootType(commandLine, packed.hasAttributes);
	await files.write(`${output}-cmdline`, text(completeLine));
	const initrdBytes = await sumOfFiles(initrd);
	tellMemory({ unpacked: packed.size, initrdBytes, commandLine: completeLine }, streams);
	return [`${output}-kernel`, `${output}-initrd.img`, `${output}-cmdline`];
}

async function sumOfFiles(paths: readonly string[]): Promise<number> {
	const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
	return sizes.reduce((sum, size) => sum + size, 0);
}

function tellMemory(size: SystemSize, streams: Streams): void {
	const limit = isLimitedToHalf(size.commandLine) ? ', which a tmpfs holds in half of the memory' : '';
	streams.err.write(
		`A machine needs at least ${neededMegabytes(size)} MB of memory, and what its services need: ` +
			`${formatSize(size.unpacked.bytes)} unpacked${limit}.\n`,
	);
}

async function writeTar(plan: Plan, store: ImageStore, output: string, files: AsideFiles): Promise<string[]> {
	await files.write(`${output}.tar`, tarArchive(treeInOneStream(plan, store.blobs)));
	return [`${output}.tar`];
}

function kernelOf({ config, images }: Plan) {
	const image = config.kernel === null ? undefined : images.get(config.kernel.image);
	if (config.kernel === null || image === undefined) {
		throw new SlipwayError(
			'NO_KERNEL',
			'The configuration names no kernel. Add "kernel:" with an image, or use --format tar.',
		);
	}
	const { binary = 'kernel', ucode = null, cmdline = '' } = config.kernel;
	return { image, binary, ucode, commandLine: cmdline };
}

async function* text(content: string): AsyncGenerator<Uint8Array, void> {
	yield Buffer.from(content);
}
