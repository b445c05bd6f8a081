// `slipway dev`: brings a system up, and again after each change of what it is made of.

import { existsSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { printableLines } from '../../native/text/printable.ts';
import { readSources } from '../config/read-sources.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import { isSystemError } from '../files/system-error.ts';
import { removingOnSignals, type TemporaryPaths } from '../files/temporary-paths.ts';
import { type FileMarks, fileMarks, waitForChange } from '../files/watched-files.ts';
import { openStoreWithPackages } from '../images/shipped-packages.ts';
import type { ImageStore } from '../images/store.ts';
import { storeFolder } from '../images/store-location.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { listMachines, type MachineEntry } from '../machine/machine-state.ts';
import { bootBuilt } from '../options/bring-up.ts';
import { type BuiltSystem, buildFiles } from '../options/build-files.ts';
import type { BuildOptions } from '../options/build-options.ts';
import { dockerRunOptions } from '../options/docker-options.ts';
import { readSystem } from '../options/read-system.ts';
import { bootMark, replaceServices, waitForService } from '../options/replace-services.ts';
import { replaceableServices, type SystemMarks, systemMarks } from '../options/system-marks.ts';
import { dirOption, type SystemOptions, systemOptions, systemOptionsOf } from '../options/system-options.ts';
import { packageFolders, sourceFiles } from '../options/watched-inputs.ts';
import type { Plan } from '../resolve/plan.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import type { Streams } from '../terminal/streams.ts';
import { pkgBuildCommand } from './pkg-build.ts';

const about = `Does what "slipway up" does, and again whenever something changes: the YAML files, the files that they take from
this host, and the recipes of packages that they name by @pkg:PATH, which are built too. When only services differ,
these are replaced in the running guest; otherwise the machine boots the new system in place of the old one. It says
which. A build that gives the same bytes leaves the machine alone. A mistake is shown, and the old system runs on.`;

const notes = `Ctrl-C ends the watching; the machine runs on until "slipway stop". What only a store or a registry changes is
not noticed. A service that is replaced starts from its new image: what it has written outside of volumes and disks is
gone. Its image is held in the guest's memory; when that is too small, the machine boots instead.`;

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
		const { values, positionals } = readArguments(args, options, dockerRunOptions);
		if (positionals.includes('-')) throw new UsageError('dev watches files, and the standard input is none.');
		// A mistake in a file is waited out; a file that is not there is a mistake of the command line.
		await readSources(
			positionals.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() !== true),
		);
		const system = systemOptionsOf('dev', values, positionals);
		const work: Work = { system, folder: values.dir ?? '.', streams, running: null };
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
	/** What runs; null before the first boot. */
	running: Running | null;
	/** The inputs of the last YAML without a mistake. */
	inputs?: readonly string[];
}

interface Running {
	readonly marks: SystemMarks;
	/** See `bootMark`. */
	readonly boot: string;
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
		const { config, sources } = await readSystem(build);
		const packages = packageFolders(sources).filter((path) => !existsSync(join(path, 'Dockerfile')));
		work.inputs = [...sourceFiles(config), ...packages];
		marks = fileMarks([...files, ...work.inputs]);
		if (packages.length > 0) await buildPackages(packages, build.cache, streams);
		await bringIn(work, await buildFiles(build, streams), build, say);
	} catch (error) {
		if (error instanceof UsageError || !(error instanceof SlipwayError || isSystemError(error))) throw error;
		streams.err.write(`slipway: ${printableLines(error.message)}\n`);
	}
	say('waiting for changes; Ctrl-C ends that, and the machine runs on');
	return marks;
}

/** Brings a build into the machine in the least way that does: none, other services, another boot. Says which. */
async function bringIn(
	work: Work,
	built: BuiltSystem,
	build: BuildOptions,
	say: (text: string) => void,
): Promise<void> {
	const { system, folder, streams, running } = work;
	await removingOnSignals(async (temporary) => {
		const store = openStoreWithPackages(storeFolder(build.cache), temporary, build.maxUnpackedBytes);
		const marks = await systemMarks(built, store);
		if (marks.files === running?.marks.files) {
			say('the system is the same: it runs on');
			return;
		}
		if (running !== null) {
			const reason = await tryReplace(work, running, marks, built.plan, store, temporary, say);
			if (reason === null) return;
			say(`the system has changed: the machine is started again with it, because ${reason}`);
		}
		// The old marks are no longer those of what runs, however the boot ends.
		work.running = null;
		await bootBuilt(machineBases(), system, folder, built.plan, streams);
		const booted = runningMachine(system.name);
		if (booted !== null) work.running = { marks, boot: await bootMark(booted) };
	});
}

/** Resolves with null once only services were replaced; otherwise with the reason for a boot, in words that follow "because". */
async function tryReplace(
	work: Work,
	running: Running,
	marks: SystemMarks,
	plan: Plan,
	store: ImageStore,
	temporary: TemporaryPaths,
	say: (text: string) => void,
): Promise<string | null> {
	const { system, folder } = work;
	const entry = runningMachine(system.name);
	if (entry === null) return 'it does not run any more';
	if ((await bootMark(entry)) !== running.boot) return 'it has booted meanwhile';
	const names = replaceableServices(running.marks, marks);
	if (typeof names === 'string') return names;
	say(`only ${listed(names)} changed: replaced in the running guest`);
	const failure = await replaceServices(entry, names, plan, store, folder, temporary);
	if (failure !== null) return failure;
	work.running = { ...running, marks };
	await showReadiness(entry, names, system.readyTimeoutMs, say);
	return null;
}

function runningMachine(name: string): MachineEntry | null {
	return listMachines(machineBases()).find(({ record, pid }) => pid !== null && record.name === name) ?? null;
}

function listed(names: readonly string[]): string {
	return names.length === 1 ? `the service ${names[0]} has` : `the services ${names.join(', ')} have`;
}

async function showReadiness(
	entry: MachineEntry,
	names: readonly string[],
	timeoutMs: number,
	say: (text: string) => void,
): Promise<void> {
	for (const name of names) {
		const trouble = await waitForService(entry, name, timeoutMs);
		say(trouble === null ? `the service ${name} is ready` : trouble);
	}
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
