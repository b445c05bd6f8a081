// Gets Debian packages with apt's own tools, which check the archive's signatures. apt-cache(8) has versions, hashes and
// dependencies; `apt-get download` fetches. Nothing is installed on the host, and root is not needed.

import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostProcessor, type Processor } from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';
import { fileDigest } from '../files/file-digest.ts';
import { runTool } from '../files/run-tool.ts';
import { inTemporaryFolder, type TemporaryPaths } from '../files/temporary-paths.ts';
import { aptEnvironment } from './foreign-apt.ts';
import type { DebianPackage, PackageSource } from './package-source.ts';

const onlyDepends = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(
	(relation) => `--no-${relation}`,
);

interface AptSourceOptions {
	readonly temporary?: TemporaryPaths;
	/** Receives a sentence about a download that was damaged on the disk. */
	readonly onNotice?: (text: string) => void;
	/** The processor of the packages; by default the machine's. */
	readonly processor?: Processor;
}

/** Runs one of apt's tools for the processor of the packages. */
type RunApt = typeof runTool;

/** @param cacheFolder - the directory for downloads, which are named by package and hash */
export function createAptSource(
	cacheFolder: string,
	{ temporary = new Set(), onNotice = () => undefined, processor = hostProcessor }: AptSourceOptions = {},
): PackageSource {
	// Each call of apt-cache takes a third of a second, and the packages of a system share their libraries.
	const known = new Map<string, DebianPackage | null>();
	/** Queries run one after the other: a second one may be about the same names. */
	let asking: Promise<unknown> = Promise.resolve();

	let environment: Promise<Readonly<Record<string, string>>> | null = null;

	const apt: RunApt = async (tool, args, options = {}) => {
		environment ??= aptEnvironment(processor, cacheFolder, temporary);
		return await runTool(tool, args, { ...options, env: await environment });
	};

	/** Each file is checked once, and what several recipes need is downloaded once. */
	const fetched = new Map<string, Promise<void>>();

	async function fetch(each: DebianPackage, path: string): Promise<void> {
		if (existsSync(path)) {
			if ((await fileDigest(path)) === each.sha256) return;
			onNotice(`${path} is damaged; it is downloaded again.`);
			await rm(path);
		}
		await download(apt, each, cacheFolder, path, temporary, listAdvice(processor));
	}

	async function ask(names: readonly string[]): Promise<void> {
		const unknown = names.filter((name) => !known.has(name));
		const shown = await show(apt, unknown);
		for (const name of unknown) known.set(name, null);
		for (const each of shown) known.set(each.name, each);
	}

	return {
		async candidates(names) {
			const asked = asking.then(() => ask(names));
			asking = asked.catch(() => undefined);
			await asked;
			return new Map(
				names.flatMap((name) => {
					const each = known.get(name);
					return each == null ? [] : [[name, each] as const];
				}),
			);
		},
		async dependencies(names) {
			if (names.length === 0) return [];
			const output = await apt('apt-cache', ['depends', '--recurse', ...onlyDepends, ...names]);
			// Indented lines are relations; `<name>` is virtual, and `name:arch` is of another architecture.
			return output.split('\n').filter((line) => /^[a-z0-9][a-z0-9.+-]*$/.test(line));
		},
		async fetch(each) {
			const path = join(cacheFolder, `${each.name}_${each.sha256}.deb`);
			let checking = fetched.get(path);
			if (checking === undefined) {
				checking = fetch(each, path);
				fetched.set(path, checking);
			}
			await checking;
			return path;
		},
		unknown: (name) =>
			new SlipwayError(
				'BAD_RECIPE',
				`apt has no package ${name}. Is its name right? ${listAdvice(processor)}`,
			),
	};
}

/** The lists of another processor are not those that `apt-get update` refreshes. */
function listAdvice(processor: Processor): string {
	return processor === hostProcessor
		? 'If apt\'s lists are old or absent, run "apt-get update".'
		: `The package lists for ${processor.name} are up to a day old: remove debian/apt-${processor.name} in the store and try again.`;
}

async function show(apt: RunApt, names: readonly string[]): Promise<DebianPackage[]> {
	if (names.length === 0) return [];
	// The command fails when it knows none of the names, and prints those that it knows.
	const output = await apt('apt-cache', ['show', '--no-all-versions', ...names], { failsQuietly: true });
	const stanzas = parseStanzas(output);
	// A version that was installed from elsewhere can't be fetched; apt may know another one.
	const foreign = stanzas
		.filter(({ sha256, version }) => sha256 === '' && version !== '')
		.map(({ name }) => name);
	if (foreign.length === 0) return stanzas;
	const others = parseStanzas(await apt('apt-cache', ['show', ...foreign], { failsQuietly: true }));
	return [...others.toReversed(), ...stanzas].filter(({ sha256 }) => sha256 !== '');
}

function parseStanzas(output: string): DebianPackage[] {
	return output
		.split('\n\n')
		.map(parseStanza)
		.filter(({ name }) => name !== '');
}

function parseStanza(stanza: string): DebianPackage {
	const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
	return {
		name: field('Package'),
		version: field('Version'),
		architecture: field('Architecture'),
		sha256: field('SHA256'),
		depends: [field('Depends'), field('Pre-Depends')].filter((text) => text !== '').join(', '),
	};
}

async function download(
	apt: RunApt,
	each: DebianPackage,
	cacheFolder: string,
	path: string,
	temporary: TemporaryPaths,
	advice: string,
): Promise<void> {
	await inTemporaryFolder(join(cacheFolder, '.download-'), temporary, async (scratch) => {
		// The sandbox user of apt can't write here; without it apt only warns when it runs as root.
		const options = ['-q', '-o', 'APT::Sandbox::User=root'];
		await apt('apt-get', [...options, 'download', `${each.name}=${each.version}`], { cwd: scratch });
		const [file] = await readdir(scratch);
		const found = file === undefined ? 'nothing' : await fileDigest(join(scratch, file));
		if (file === undefined || found !== each.sha256) {
			throw new SlipwayError(
				'DIGEST_MISMATCH',
				`apt-get download ${each.name} gave ${found}, not the expected ${each.sha256}. ${advice}`,
			);
		}
		await rename(join(scratch, file), path);
	});
}
