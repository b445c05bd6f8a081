// Makes one executable of one TypeScript program: esbuild bundles it into a script, and Node's `--build-sea` puts the script,
// assets and, if the script is the whole program, V8's code cache into a copy of the stripped Node (Node's manual, "Single
// executable applications"). build-init.ts and build-cli.ts decide what the program contains.
//
// Only the order strip, --build-sea, patchelf gives an executable that starts: both other tools move the sections that
// --build-sea relies on.

import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { scriptAssets } from '../../supervisor/contract/embedded-script.ts';
import { runTool } from '../files/run-tool.ts';
import { isLazyBuiltin, lazyBuiltins } from './lazy-builtins.ts';
import { nodePath } from './pinned-node.ts';
import { hostTarget, type Target } from './target.ts';

interface ExecutableRecipe {
	/** What it is built for; by default this machine. */
	readonly target?: Target;
	/** The program's first source file. */
	readonly entry: string;
	/** The path of the executable; its directory is created. */
	readonly output: string;
	/** Scripts that the program runs by `runEmbeddedScript(name)` (init/executable/embedded-script.ts), compiled ahead of time. */
	readonly scripts?: Readonly<Record<string, ScriptRecipe>>;
	/** Files that the program reads back with `sea.getRawAsset(name)`. */
	readonly assets?: Readonly<Record<string, string>>;
	/** Node's own options, fixed for good: none can be added by NODE_OPTIONS or the command line. */
	readonly execArgv?: readonly string[];
	/** Compile-time constants, as esbuild's `define`. */
	readonly define?: Readonly<Record<string, string>>;
	/** npm packages that others import and that this program never reaches: they are left out (absent-package.cts). */
	readonly absent?: readonly string[];
	/** Modules of Node that the program loads at their first use (lazy-builtins.ts). */
	readonly lazyBuiltins?: readonly string[];
	/** Changes the finished executable before it gets its name (patchelf). */
	readonly finish?: (file: string) => Promise<void>;
	/** A text that changes when `finish` does, so that the executable is built again. */
	readonly finishVersion?: string;
}

interface ScriptRecipe {
	/** Its first source file. */
	readonly entry: string;
	/** `eager` compiles every function, for a program that calls most of them; `lazy` leaves functions for their first call. */
	readonly compiled: 'eager' | 'lazy';
}

const codeCacheProgram = join(import.meta.dirname, 'code-cache.ts');
const absentPackage = join(import.meta.dirname, 'absent-package.cts');

/** Returns the directory that keeps scripts, stamps and the stripped Node between builds. */
function workFolderOf({ folder }: Pick<Target, 'folder'>): string {
	return join(folder, 'executable');
}

/** Builds unless there is an executable of the same inputs. Reports whether it has built. */
export async function buildExecutable(recipe: ExecutableRecipe): Promise<boolean> {
	const target = recipe.target ?? (await hostTarget());
	const workFolder = workFolderOf(target);
	await mkdir(workFolder, { recursive: true });
	await mkdir(dirname(recipe.output), { recursive: true });
	const name = basename(recipe.output);
	const scripts = await bundleScripts(recipe, target, name);
	const stamp = join(workFolder, `${name}.stamp`);
	const inputs = await digestInputs(recipe, Object.values(scripts), target);
	if ((await readOrEmpty(stamp)) === inputs && (await exists(recipe.output))) return false;

	const made = `${recipe.output}.sea`;
	const temporaryFile = `${recipe.output}.new`;
	const config = join(workFolder, `${name}.sea.json`);
	await writeFile(
		config,
		JSON.stringify({
			main: scripts['main'],
			output: made,
			executable: await strippedNode(target),
			disableExperimentalSEAWarning: true,
			useCodeCache: recipe.scripts === undefined,
			assets: { ...recipe.assets, ...(await compileScripts(recipe, target, scripts)) },
			execArgv: recipe.execArgv ?? [],
			execArgvExtension: 'none',
		}),
	);
	await runTool(nodePath(), [reproducible, '--build-sea', config]);
	// --build-sea writes the file at once, into page-cache folios of 2 MB, and each process would have whole folios resident
	// (20 MB more) while the file stays in the page cache; a copy is written in small parts.
	await copyFile(made, temporaryFile);
	await rm(made);
	await recipe.finish?.(temporaryFile);
	await chmod(temporaryFile, 0o755);
	await rename(temporaryFile, recipe.output);
	await writeFile(stamp, inputs);
	return true;
}

/** This option of Node gives the same code cache for the same script; the cache also fits a Node without it. */
const reproducible = '--random-seed=1';

/** Returns the paths of the scripts: `main`, and those of the recipe by name. */
async function bundleScripts(
	recipe: ExecutableRecipe,
	target: Target,
	name: string,
): Promise<Readonly<Record<string, string>>> {
	const workFolder = workFolderOf(target);
	const more = Object.entries(recipe.scripts ?? {}).map(([each, { entry }]) => [each, entry] as const);
	const sources = new Set<string>();
	const scripts: Record<string, string> = {};
	for (const [each, entry] of [['main', recipe.entry] as const, ...more]) {
		const script = join(workFolder, each === 'main' ? `${name}.cjs` : `${name}-${each}.cjs`);
		for (const source of await bundle(recipe, entry, script)) sources.add(source);
		scripts[each] = script;
	}
	await writeFile(sourcesFile(recipe.output, target), JSON.stringify([...sources].sort()));
	return scripts;
}

/** Returns the assets that runEmbeddedScript() reads. */
async function compileScripts(
	recipe: ExecutableRecipe,
	{ nodeCommand }: Target,
	scripts: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
	const assets: Record<string, string> = {};
	for (const [name, { compiled }] of Object.entries(recipe.scripts ?? {})) {
		const script = scripts[name] ?? '';
		const files = { source: `${script}.function`, cache: `${script}.cache` };
		const options = [...(recipe.execArgv ?? []), reproducible];
		const args = [...options, codeCacheProgram, compiled, script, files.source, files.cache];
		await runNode(nodeCommand, args, files.cache);
		const names = scriptAssets(name);
		assets[names.source] = files.source;
		assets[names.cache] = files.cache;
	}
	return assets;
}

/** A Node that does not run here leaves an empty cache, which the executable does without. */
async function runNode(
	command: readonly string[] | null,
	args: readonly string[],
	cache: string,
): Promise<void> {
	const [program = nodePath(), ...first] = command ?? [];
	await runTool(program, [...first, ...args]);
	if (command === null) await writeFile(cache, '');
}

/**
 * Bundles to CommonJS, which a SEA script must be. Names are not minified, so that stack traces show them.
 *
 * @returns the paths of its sources
 */
async function bundle(recipe: ExecutableRecipe, entry: string, script: string): Promise<readonly string[]> {
	const { metafile } = await build({
		entryPoints: [entry],
		outfile: script,
		bundle: true,
		platform: 'node',
		format: 'cjs',
		target: 'node26',
		// import() needs a loader, and a script without a file has none.
		supported: { 'dynamic-import': false },
		minifyWhitespace: true,
		minifySyntax: true,
		legalComments: 'none',
		alias: Object.fromEntries((recipe.absent ?? []).map((name) => [name, absentPackage])),
		define: { 'import.meta.url': '"file:///executable"', ...recipe.define },
		logLevel: 'warning',
		metafile: true,
		plugins: [lazyBuiltins(recipe.lazyBuiltins ?? [])],
	});
	return Object.keys(metafile.inputs).filter((input) => !isLazyBuiltin(input));
}

/** Returns the path of the JSON file in which `buildExecutable()` lists the sources of a program. */
export function sourcesFile(output: string, target: Pick<Target, 'folder'> = { folder: 'build' }): string {
	return join(workFolderOf(target), `${basename(output)}.sources.json`);
}

async function strippedNode(target: Target): Promise<string> {
	const { node, nodeDigest, tools } = target;
	const stripped = join(workFolderOf(target), `node-${nodeDigest.slice(0, 16)}`);
	if (await exists(stripped)) return stripped;
	const temporaryFile = `${stripped}.${process.pid}`;
	await copyFile(node, temporaryFile);
	await chmod(temporaryFile, 0o755);
	await runTool(tools.strip, ['--strip-all', temporaryFile]);
	await rename(temporaryFile, stripped);
	return stripped;
}

async function digestInputs(
	recipe: ExecutableRecipe,
	scripts: readonly string[],
	{ nodeDigest, nodeCommand }: Target,
): Promise<string> {
	const hash = createHash('sha256');
	const { execArgv = [], scripts: compiled = {}, finishVersion = '' } = recipe;
	hash.update(JSON.stringify([nodeDigest, execArgv, compiled, finishVersion, reproducible]));
	if (nodeCommand === null) hash.update('not compiled');
	// The way in which scripts are compiled is an input, too.
	const compiler = [
		codeCacheProgram,
		join(import.meta.dirname, '../../supervisor/contract/embedded-script.ts'),
	];
	for (const file of [...scripts, ...compiler, ...Object.values(recipe.assets ?? {})])
		hash.update(await readFile(file));
	return hash.digest('hex');
}

async function readOrEmpty(file: string): Promise<string> {
	return await readFile(file, 'utf8').catch(() => '');
}

async function exists(file: string): Promise<boolean> {
	return await stat(file).then(
		() => true,
		() => false,
	);
}
