// Runs a tool of the host (apt, dpkg-deb, patchelf, depmod) to its end.

import { execFile } from 'node:child_process';
import { SlipwayError } from '../commands/command.ts';

const maxOutputBytes = 64 * 1024 * 1024;

/** @returns what it printed; throws a `SlipwayError` with its own words when it fails or isn't there */
export function runTool(
	tool: string,
	args: readonly string[],
	options: { readonly cwd?: string } = {},
): Promise<string> {
	return new Promise((resolve, reject) => {
		const settings = { ...options, maxBuffer: maxOutputBytes, env: { ...process.env, LC_ALL: 'C' } };
		execFile(tool, args, settings, (error, stdout, stderr) => {
			if (error === null) {
				resolve(stdout);
				return;
			}
			const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
			const words = missing
				? 'it is not installed (run "make", which installs what is needed)'
				: stderr.trim();
			reject(
				new SlipwayError('TOOL_FAILED', `${tool} ${args.slice(0, 3).join(' ')}: ${words}`, { cause: error }),
			);
		});
	});
}
