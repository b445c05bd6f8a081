// Builds the static C programs of native/: they run without any library, before or beside the root file system. `CC` names
// another compiler, e.g. aarch64-linux-gnu-gcc.
//
//	node tools/build/build-static-program.ts [NAME...]

import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { runTool } from '../files/run-tool.ts';

const root = resolve(import.meta.dirname, '../..');
const flags = [
	...['-std=c11', '-Os', '-static', '-s', '-Wall', '-Wextra', '-Werror', '-fstack-protector-strong'],
	...['-ffunction-sections', '-Wl,--gc-sections', `-ffile-prefix-map=${root}=.`, '-D_GNU_SOURCE'],
];

/** The folder of each program's sources. */
const sourceFolders = {
	/** The kernel's module helper. */
	'module-helper': 'native/helper',
	/** `/init` of an initrd that holds the root as one image. */
	'first-program': 'native/first',
	/** The client of PID 1's command socket: `service`, `poweroff`, `reboot`, `halt`. */
	client: 'native/client',
	/** The server of the package `metrics`. */
	'metrics-server': 'native/metrics',
} as const;

export type StaticProgram = keyof typeof sourceFolders;

interface StaticOptions {
	/** `NAME=VALUE` each. */
	readonly macros?: readonly string[];
	/** By default `CC`, else gcc. */
	readonly compiler?: string;
}

/**
 * Replaces `outputFile` with the program of the present sources. Several processes may call this at once.
 *
 * @param options - macros of tests, which give a program other paths, or the options
 */
export async function buildStaticProgram(
	name: StaticProgram,
	outputFile: string,
	options: readonly string[] | StaticOptions = {},
): Promise<void> {
	const { macros = [], compiler = process.env['CC'] ?? 'gcc' } =
		'length' in options ? { macros: options } : options;
	const program = await compile(
		name,
		compiler,
		macros.map((macro) => `-D${macro}`),
	);
	await writeTemporary(resolve(outputFile), (temporary) => copyFile(program, temporary));
}

/** Compiles unless a program of these sources, flags and compiler is there; returns its path. */
async function compile(name: StaticProgram, compiler: string, macros: readonly string[]): Promise<string> {
	const folder = join(root, sourceFolders[name]);
	const files = (await readdir(folder)).filter((file) => /\.[ch]$/.test(file)).sort();
	const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
	const key = createHash('sha256').update(JSON.stringify([compiler, flags, macros, files, texts]));
	const program = join(root, 'build/obj', `${name}-${key.digest('hex').slice(0, 12)}`);
	const sources = files.filter((file) => file.endsWith('.c')).map((file) => join(folder, file));
	if (!existsSync(program)) {
		await writeTemporary(program, (temporary) =>
			runTool(compiler, [...flags, ...macros, '-o', temporary, ...sources]),
		);
	}
	return program;
}

/** Renames a complete temporary file, so that a concurrent build never sees a part of it. */
async function writeTemporary(file: string, write: (temporary: string) => Promise<unknown>): Promise<void> {
	await mkdir(dirname(file), { recursive: true });
	const temporary = `${file}.${randomUUID()}`;
	try {
		await write(temporary);
		await rename(temporary, file);
	} catch (error) {
		await rm(temporary, { force: true });
		throw error;
	}
}

function isStaticProgram(name: string): name is StaticProgram {
	return Object.hasOwn(sourceFolders, name);
}

if (import.meta.main) {
	const names = process.argv.slice(2);
	for (const name of names.length > 0 ? names : Object.keys(sourceFolders)) {
		if (!isStaticProgram(name))
			throw new Error(`There is no program ${name}: ${Object.keys(sourceFolders).join(', ')}`);
		await buildStaticProgram(name, join(root, 'build', name));
	}
}
