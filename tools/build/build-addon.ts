// Builds the native addon: g++ for each source of native/src, then one link. node-gyp is not needed: the npm package of the
// pinned Node has its headers. `CXX` names another compiler, e.g. aarch64-linux-gnu-g++.
//
//	node tools/build/build-addon.ts build/native.node

import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { hostProcessor } from '../../supervisor/contract/processors.ts';
import { replaceFile } from '../files/replace-file.ts';
import { runTool } from '../files/run-tool.ts';

interface AddonOptions {
	/** Adds AddressSanitizer; the addon then loads only into a Node that preloads libasan. */
	readonly sanitize?: boolean;
	/** By default `CXX`, else g++. */
	readonly compiler?: string;
}

const root = resolve(import.meta.dirname, '../..');
const sourceFolder = join(root, 'native/src');

/** Replaces `outputFile` unless it is up to date. Several processes may call this at once. */
export async function buildAddon(outputFile: string, options: AddonOptions = {}): Promise<void> {
	const objects = await compileAddon(options);
	const linked = join(dirname(objects[0] ?? ''), 'addon.node');
	if (!(await isNewerThan(linked, objects))) {
		await replaceFile(linked, new Set(), (temporary) =>
			runTool(compilerOf(options), [...linkFlags(options), '-o', temporary, ...objects]),
		);
	}
	if (!(await sameContents(linked, outputFile))) {
		await replaceFile(resolve(outputFile), new Set(), (temporary) => copyFile(linked, temporary));
	}
}

/** Compiles what changed, warnings being errors; returns the object files. */
async function compileAddon(options: AddonOptions = {}): Promise<string[]> {
	const sources = (await readdir(sourceFolder)).filter((name) => name.endsWith('.cc')).sort();
	const flags = compileFlags(options);
	// Other flags or sources have another directory, so objects of two kinds never mix.
	const key = createHash('sha256').update(
		JSON.stringify([compilerOf(options), flags, linkFlags(options), sources]),
	);
	const folder = join(root, 'build/obj', key.digest('hex').slice(0, 12));
	await mkdir(folder, { recursive: true });
	const waiting = [...sources];
	const workers = Array.from({ length: availableParallelism() }, async () => {
		for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
			await compile(join(sourceFolder, name), objectOf(folder, name), compilerOf(options), flags);
		}
	});
	await Promise.all(workers);
	return sources.map((name) => objectOf(folder, name));
}

function objectOf(folder: string, source: string): string {
	return join(folder, `${basename(source, '.cc')}.o`);
}

async function compile(
	source: string,
	object: string,
	compiler: string,
	flags: readonly string[],
): Promise<void> {
	const dependencies = await readDependencies(`${object}.d`);
	if (dependencies !== null && (await isNewerThan(object, [source, ...dependencies]))) return;
	await replaceFile(`${object}.d`, new Set(), (dependencyFile) =>
		replaceFile(object, new Set(), (temporary) =>
			runTool(compiler, [...flags, '-MMD', '-MF', dependencyFile, '-c', source, '-o', temporary]),
		),
	);
}

function compilerOf({ compiler }: AddonOptions): string {
	return compiler ?? process.env['CXX'] ?? 'g++';
}

function compileFlags({ sanitize = false }: AddonOptions): string[] {
	const nodeHeaders = join(root, 'node_modules', hostProcessor.nodePackage, 'include/node');
	return [
		...['-std=c++17', '-O2', '-g1', '-fPIC', '-fvisibility=hidden', '-fno-exceptions', '-fno-rtti'],
		...['-Wall', '-Wextra', '-Werror', '-fstack-protector-strong', `-ffile-prefix-map=${root}=.`],
		...['-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', '-DNAPI_VERSION=9', '-D_GNU_SOURCE'],
		...['-isystem', nodeHeaders, '-isystem', join(root, 'node_modules/node-addon-api')],
		...(sanitize ? ['-fsanitize=address', '-fno-omit-frame-pointer'] : ['-D_FORTIFY_SOURCE=2']),
	];
}

function linkFlags({ sanitize = false }: AddonOptions): string[] {
	if (sanitize) return ['-shared', '-fsanitize=address'];
	// The addon has its own copy of C++'s runtime: Node's may be older.
	const runtime = ['-static-libstdc++', '-static-libgcc', '-Wl,--exclude-libs,ALL'];
	return ['-shared', ...runtime, '-Wl,-z,relro,-z,now', '-Wl,-e,SlipwayWait'];
}

/** Returns the headers in a depfile of `-MMD`, which has no system headers, or null when there is no depfile. */
async function readDependencies(file: string): Promise<string[] | null> {
	const text = await readFile(file, 'utf8').catch(() => null);
	if (text === null) return null;
	const [, list = ''] = text.split(/:\s/, 2);
	return list.split(/[\s\\]+/).filter((name) => name !== '');
}

async function isNewerThan(file: string, inputs: readonly string[]): Promise<boolean> {
	const mtimes = await Promise.all([file, ...inputs].map(mtimeMs));
	const [own, ...others] = mtimes;
	if (own === undefined || own === null) return false;
	return others.every((mtime) => mtime !== null && mtime <= own);
}

async function mtimeMs(file: string): Promise<number | null> {
	const status = await stat(file).catch(() => null);
	return status === null ? null : status.mtimeMs;
}

async function sameContents(a: string, b: string): Promise<boolean> {
	const [first, second] = await Promise.all([a, b].map((file) => readFile(file).catch(() => null)));
	return first != null && second != null && first.equals(second);
}

if (import.meta.main) {
	await buildAddon(process.argv[2] ?? join(root, 'build/native.node'));
}
