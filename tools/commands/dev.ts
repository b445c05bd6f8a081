// `slipway dev`: brings a system up, and again after each change of what it is made of.

import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { printableLines } from '../../native/text/printable.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import { fileDigest } from '../files/file-digest.ts';
import { isSystemError } from '../files/system-error.ts';
import { type FileMarks, fileMarks, waitForChange } from '../files/watched-files.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { bootBuilt } from '../options/bring-up.ts';
import { buildFiles } from '../options/build-files.ts';
import { readSystemTexts } from '../options/read-system.ts';
import { dirOption, type SystemOptions, systemOptions, systemOptionsOf } from '../options/system-options.ts';
import { packageFolders, sourceFiles } from '../options/watched-inputs.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import type { Streams } from '../terminal/streams.ts';
import { pkgBuildCommand } from './pkg-build.ts';

const about = `Does what "slipway up" does, and again whenever something changes: the YAML files, the files that they take from
this host, and the recipes of packages that they name by @pkg:PATH, which are built too. A changed system is booted in
place of the running one; a build that gives the same bytes leaves it alone. A mistake is shown, and the old system runs
on.`;

const notes = `Ctrl-C ends the watching; the machine runs on until "slipway stop". What only a store or a registry changes is not
noticed.`;

const options = { ...systemOptions, ...dirOption } as const satisfies OptionTable;

export const devCommand: Command = {
	name: 'dev',
	summary: 'bring a system up again after each change of its files',
	operands: 'FILE.yml...',
	operandsComplete: 'file',
	about,
	options,
	notes,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		if (positionals.includes('-')) throw new UsageError('dev watches files, and the standard input is none.');
		const system = systemOptionsOf('dev', values, positionals);
		const work: Work = { system, folder: values.dir ?? '.', streams, booted: null };
		for (let reason: string | null = null; ; ) {
			const marks = await bringCurrent(work, reason);
			const paths = await waitForChange(marks);
			reason = paths.map((path) => relative('.', path)).join(', ');
		}
	},
};

interface Work {
	readonly system: SystemOptions;
	readonly folder: string;
	readonly streams: Streams;
	/** What runs, by the digests of its files; null before the first boot. */
	booted: string | null;
	/** The inputs of the last YAML without a mistake. */
	inputs?: readonly string[];
}

/**
 * Builds the system, and boots it when it differs from what runs. Resolves with the marks of its inputs from before the build;
 * shows the error of a build or boot that fails.
 *
 * @param reason - what has changed; null for the first time
 */
async function bringCurrent(work: Work, reason: string | null): Promise<FileMarks> {
	const { system, folder, streams } = work;
	const say = (text: string): void => void streams.err.write(`${system.name}: ${text}\n`);
	const build = system.buildOptions(folder);
	const files = [...build.files, ...build.envFiles];
	let marks = fileMarks([...files, ...(work.inputs ?? [])]);
	if (reason !== null) say(`${reason} changed`);
	try {
		// Wrong options are known before a build that takes minutes.
		system.machineRequest(folder);
		const { config, sources } = await readSystemTexts(build);
		const packages = packageFolders(sources).filter((path) => !existsSync(join(path, 'Dockerfile')));
		work.inputs = [...sourceFiles(config), ...packages];
		marks = fileMarks([...files, ...work.inputs]);
		if (packages.length > 0) await buildPackages(packages, build.cache, streams);
		const { plan, written } = await buildFiles(build, streams);
		const digest = (await Promise.all(written.map(fileDigest))).join();
		if (digest === work.booted) {
			say('the system is the same: it runs on');
			return marks;
		}
		if (work.booted !== null) say('the system has changed: the machine is started again with it');
		await bootBuilt(machineBases(), system, folder, plan, streams);
		work.booted = digest;
	} catch (error) {
		if (error instanceof UsageError || !(error instanceof SlipwayError || isSystemError(error))) throw error;
		streams.err.write(`slipway: ${printableLines(error.message)}\n`);
	}
	say('waiting for changes; Ctrl-C ends that, and the machine runs on');
	return marks;
}

/** Packages that are up to date take no time. */
async function buildPackages(
	folders: readonly string[],
	cache: string | undefined,
	streams: Streams,
): Promise<void> {
	const store = cache === undefined ? [] : ['--cache', cache];
	await pkgBuildCommand.run([...store, ...folders], { ...streams, out: streams.err });
}
