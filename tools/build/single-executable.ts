// One TypeScript program made into one executable: esbuild bundles it to a script, and Node's own `--build-sea`
// puts script, assets and, where the script is all of the program, V8's code cache into a copy of the stripped Node (Node's manual, "Single executable
// applications"). What goes into the program is the callers' affair: build-init.ts and build-cli.ts.
//
// The order strip, --build-sea, patchelf is the only one that starts: both other tools move the sections that
// --build-sea relies on.

import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { scriptAssets } from '../../supervisor/contract/embedded-script.ts';
import { runTool } from '../files/run-tool.ts';

export interface ExecutableRecipe {
	/** The program's first source file. */
	readonly entry: string;
	/** The executable to make; its folder is made too. */
	readonly output: string;
	/** Scripts that the program runs by `runEmbeddedScript(name)` (init/executable/embedded-script.ts), compiled ahead of time. */
	readonly scripts?: Readonly<Record<string, ScriptRecipe>>;
	/** Files that the program reads back with `sea.getRawAsset(name)`. */
	readonly assets?: Readonly<Record<string, string>>;
	/** Node's own options, fixed for good: none can be added by NODE_OPTIONS or the command line. */
	readonly execArgv?: readonly string[];
	/** Compile-time constants, as esbuild's `define`. */
	readonly define?: Readonly<Record<string, string>>;
	/** npm packages that others ask for and that this program never reaches: they stay out (absent-package.cts). */
	readonly absent?: readonly string[];
	/** Works on the finished executable before it takes its name (patchelf). */
	readonly finish?: (file: string) => Promise<void>;
	/** Changes when `finish` changes, so that the executable is built anew. */
	readonly finishVersion?: string;
}

export interface ScriptRecipe {
	/** Its first source file. */
	readonly entry: string;
	/** `eager`: every function, for a program that calls most of its own; `lazy`: those that are not called later. */
	readonly compiled: 'eager' | 'lazy';
}

const codeCacheProgram = join(import.meta.dirname, 'code-cache.ts');
const absentPackage = join(import.meta.dirname, 'absent-package.cts');

/** Where scripts, stamps and the stripped Node stand between two builds. */
const workFolder = 'build/executable';

/** Builds unless an executable of the same inputs is there. Tells whether it had to. */
export async function buildExecutable(recipe: ExecutableRecipe): Promise<boolean> {
	await mkdir(workFolder, { recursive: true });
	await mkdir(dirname(recipe.output), { recursive: true });
	const name = basename(recipe.output);
	const scripts = await bundleScripts(recipe, name);
	const stamp = join(workFolder, `${name}.stamp`);
	const inputs = await digestInputs(recipe, Object.values(scripts));
	if ((await readOrEmpty(stamp)) === inputs && (await exists(recipe.output))) return false;

	const made = `${recipe.output}.sea`;
	const aside = `${recipe.output}.new`;
	const config = join(workFolder, `${name}.sea.json`);
	await writeFile(
		config,
		JSON.stringify({
			main: scripts['main'],
			output: made,
			executable: await strippedNode(),
			disableExperimentalSEAWarning: true,
			useCodeCache: recipe.scripts === undefined,
			assets: { ...recipe.assets, ...(await compileScripts(recipe, scripts)) },
			execArgv: recipe.execArgv ?? [],
			execArgvExtension: 'none',
		}),
	);
	await runTool(nodePath(), [reproducible, '--build-sea', config]);
	// --build-sea writes all in one go, into page-cache folios of 2 MB, of which every process would have whole ones
	// resident (20 MB more in all) as long as the file stays in the page cache; a copy is written in small parts.
	await copyFile(made, aside);
	await rm(made);
	await recipe.finish?.(aside);
	await chmod(aside, 0o755);
	await rename(aside, recipe.output);
	await writeFile(stamp, inputs);
	return true;
}

/** The pinned Node: the one that builds, tests and boots. */
export function nodePath(): string {
	const manifest = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/package.json`);
	return join(dirname(manifest), 'bin', 'node');
}

/** Node's option for the same code cache of the same script; a cache made with it fits a Node without it. */
const reproducible = '--random-seed=1';

/** The paths of the scripts: `main`, and those of the recipe by their names. */
async function bundleScripts(
	recipe: ExecutableRecipe,
	name: string,
): Promise<Readonly<Record<string, string>>> {
	const more = Object.entries(recipe.scripts ?? {}).map(([each, { entry }]) => [each, entry] as const);
	const sources = new Set<string>();
	const scripts: Record<string, string> = {};
	for (const [each, entry] of [['main', recipe.entry] as const, ...more]) {
		const script = join(workFolder, each === 'main' ? `${name}.cjs` : `${name}-${each}.cjs`);
		for (const source of await bundle(recipe, entry, script)) sources.add(source);
		scripts[each] = script;
	}
	await writeFile(sourcesFile(recipe.output), JSON.stringify([...sources].sort()));
	return scripts;
}

/** As assets: what runEmbeddedScript() reads. */
async function compileScripts(
	recipe: ExecutableRecipe,
	scripts: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
	const assets: Record<string, string> = {};
	for (const [name, { compiled }] of Object.entries(recipe.scripts ?? {})) {
		const script = scripts[name] ?? '';
		const files = { source: `${script}.function`, cache: `${script}.cache` };
		const options = [...(recipe.execArgv ?? []), reproducible];
		await runTool(nodePath(), [...options, codeCacheProgram, compiled, script, files.source, files.cache]);
		const names = scriptAssets(name);
		assets[names.source] = files.source;
		assets[names.cache] = files.cache;
	}
	return assets;
}

/**
 * CommonJS, because that is what a SEA script is; whitespace only is minified, so that stack traces keep names.
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
		// import() needs a loader, which a script without a file has not.
		supported: { 'dynamic-import': false },
		minifyWhitespace: true,
		minifySyntax: true,
		legalComments: 'none',
		alias: Object.fromEntries((recipe.absent ?? []).map((name) => [name, absentPackage])),
		define: { 'import.meta.url': '"file:///executable"', ...recipe.define },
		logLevel: 'warning',
		metafile: true,
	});
	return Object.keys(metafile.inputs);
}

/** Where `buildExecutable()` notes the paths of the sources that went into a program, as JSON. */
export function sourcesFile(output: string): string {
	return join(workFolder, `${basename(output)}.sources.json`);
}

async function strippedNode(): Promise<string> {
	const node = nodePath();
	const { size, mtimeMs } = await stat(node);
	const stripped = join(workFolder, `node-${size}-${Math.trunc(mtimeMs)}`);
	if (await exists(stripped)) return stripped;
	const aside = `${stripped}.${process.pid}`;
	await copyFile(node, aside);
	await chmod(aside, 0o755);
	await runTool('strip', ['--strip-all', aside]);
	await rename(aside, stripped);
	return stripped;
}

async function digestInputs(recipe: ExecutableRecipe, scripts: readonly string[]): Promise<string> {
	const hash = createHash('sha256');
	const { size, mtimeMs } = await stat(nodePath());
	const { execArgv = [], scripts: compiled = {}, finishVersion = '' } = recipe;
	hash.update(JSON.stringify([size, mtimeMs, execArgv, compiled, finishVersion, reproducible]));
	// How scripts are compiled counts as they themselves do.
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
