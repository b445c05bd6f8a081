// Builds the kernel's module helper (native/helper): one static program, as it runs without any library. `CC` names
// another compiler, e.g. aarch64-linux-gnu-gcc.
//
//	node tools/build/build-module-helper.ts build/module-helper

import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { runTool } from '../files/run-tool.ts';

const root = resolve(import.meta.dirname, '../..');
const sourceFolder = join(root, 'native/helper');
const flags = [
	...['-std=c11', '-Os', '-static', '-s', '-Wall', '-Wextra', '-Werror', '-fstack-protector-strong'],
	...['-ffunction-sections', '-Wl,--gc-sections', `-ffile-prefix-map=${root}=.`, '-D_GNU_SOURCE'],
];

/** Replaces `outputFile` with the program of the present sources. Several processes may call this at once. */
export async function buildModuleHelper(outputFile: string): Promise<void> {
	const program = await compile();
	await writeTemporary(resolve(outputFile), (temporary) => copyFile(program, temporary));
}

/** Compiles unless a program of these sources, flags and compiler is there; returns its path. */
async function compile(): Promise<string> {
	const compiler = process.env['CC'] ?? 'gcc';
	const files = (await readdir(sourceFolder)).filter((name) => /\.[ch]$/.test(name)).sort();
	const texts = await Promise.all(files.map((name) => readFile(join(sourceFolder, name), 'utf8')));
	const key = createHash('sha256').update(JSON.stringify([compiler, flags, files, texts]));
	const program = join(root, 'build/obj', `module-helper-${key.digest('hex').slice(0, 12)}`);
	const sources = files.filter((name) => name.endsWith('.c')).map((name) => join(sourceFolder, name));
	if (!existsSync(program)) {
		await writeTemporary(program, (temporary) => runTool(compiler, [...flags, '-o', temporary, ...sources]));
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

if (import.meta.main) {
	await buildModuleHelper(process.argv[2] ?? join(root, 'build/module-helper'));
}
