// Runs a tool of the host (apt, dpkg-deb, readelf, depmod) and waits for its end.

import { execFile } from 'node:child_process';
import { hasCode } from '../../native/linux/has-code.ts';
import { SlipwayError } from '../errors.ts';

/** The packages of the tools that slipway calls. */
const debianPackages: Readonly<Record<string, string>> = {
	'apt-cache': 'apt',
	'apt-get': 'apt',
	'dpkg-deb': 'dpkg',
	depmod: 'kmod',
	fakeroot: 'fakeroot',
	git: 'git',
	lz4: 'lz4',
	'qemu-img': 'qemu-utils',
	openssl: 'openssl',
	readelf: 'binutils',
	sbsign: 'sbsigntool',
	syslinux: 'syslinux',
	xz: 'xz-utils',
};

const maxOutputBytes = 64 * 1024 * 1024;

export interface ToolOptions {
	readonly cwd?: string;
	/** Variables in addition to those of this process. */
	readonly env?: Readonly<Record<string, string>>;
	/** Ignores the exit status of a tool that has started; the caller looks at the output alone. */
	readonly failsQuietly?: boolean;
}

/** Returns the standard output. Throws a `SlipwayError` with the tool's standard error when it fails or is not installed. */
export function runTool(tool: string, args: readonly string[], options: ToolOptions = {}): Promise<string> {
	const { failsQuietly = false, env: added = {}, ...settings } = options;
	return new Promise((resolve, reject) => {
		const env = { ...process.env, LC_ALL: 'C', ...added };
		execFile(tool, args, { ...settings, maxBuffer: maxOutputBytes, env }, (error, stdout, stderr) => {
			if (error === null || (failsQuietly && typeof error.code === 'number')) {
				resolve(stdout);
				return;
			}
			reject(toolError(tool, args, error, stderr));
		});
	});
}

/** Returns the error for a tool that failed or could not be started. */
export function toolError(tool: string, args: readonly string[], cause: Error, stderr: string): SlipwayError {
	const missing = hasCode(cause, 'ENOENT');
	const words = missing
		? `it is not installed.${debianPackages[tool] === undefined ? '' : ` The Debian package ${debianPackages[tool]} has it.`}`
		: stderr.trim() || cause.message;
	return new SlipwayError('TOOL_FAILED', `${tool} ${args.slice(0, 3).join(' ')}: ${words}`, { cause });
}
