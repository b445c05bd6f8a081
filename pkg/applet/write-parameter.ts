// Sets a parameter of the kernel, which is a file of /proc/sys or /sys.

import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** Returns null when the parameter is set, or else a text that describes the failure. */
export function writeParameter(path: string, value: string): string | null {
	try {
		// Nothing but O_WRONLY: what is not there is never made, and some parameters can't be read.
		const fd = openSync(path, constants.O_WRONLY);
		try {
			// The newline is what sets an empty value: a write of no bytes would do nothing.
			writeSync(fd, `${value}\n`);
		} finally {
			closeSync(fd);
		}
		return null;
	} catch (error) {
		if (!(error instanceof Error)) return String(error);
		const code = 'code' in error ? error.code : null;
		if (code === 'ENOENT') return `this system has no ${path}`;
		// Node's words, "EINVAL: invalid argument, write", name the call; the path only where open failed.
		return error.message.includes(path) ? error.message : `${error.message} to ${path}`;
	}
}
