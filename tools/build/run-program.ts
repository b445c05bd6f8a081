// Runs a program of the build (a compiler, strip, patchelf) and shows what it said when it fails.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

export async function run(program: string, args: readonly string[]): Promise<void> {
	try {
		await execFileAsync(program, [...args], { maxBuffer: 64 * 1024 * 1024 });
	} catch (error) {
		const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
		// A program that is not there says nothing; then Node does.
		throw new Error(`${program} failed:\n${said === '' ? String(error) : said}`, { cause: error });
	}
}
