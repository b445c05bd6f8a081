// `sysctl`: sets the kernel's parameters from /etc/sysctl.d, as LinuxKit's program and sysctl.d(5) do. It warns about
// a line that fails and goes on, because the next kernel may have what this one lacks.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AppletHost } from '../applet/applet.ts';
import { parseFlags, refuseWords } from '../applet/flags.ts';
import { readSettings } from '../applet/settings-files.ts';
import { writeParameter } from '../applet/write-parameter.ts';

/** Returns the exit code: LinuxKit's is 0 also when a line was passed over. */
export function sysctl(args: readonly string[], host: AppletHost): number {
	const { flags, rest } = parseFlags(args, { configDir: '/etc/sysctl.d', sysctlDir: '/proc/sys' });
	refuseWords(rest);
	const { settings, problems } = readSettings(flags.configDir);
	for (const problem of problems) host.warn(problem);
	for (const { key, value, place } of settings) {
		// A key with a "-" before it may fail in silence (sysctl.d(5)).
		const isOptional = key.startsWith('-');
		const name = isOptional ? key.slice(1).trim() : key;
		const problem = writeParameter(parameterPath(flags.sysctlDir, name), value);
		if (problem !== null && !isOptional) host.warn(`${place}: ${name} is not set to "${value}": ${problem}`);
	}
	return 0;
}

/**
 * sysctl.d(5): the separator is what comes first, `.` or `/`; where it is `.`, a `/` stands for a `.` in a name
 * (`net.ipv4.conf.eth0/100.forwarding`). LinuxKit's program takes both for separators: so do we where that is there
 * and the other isn't.
 */
export function parameterPath(folder: string, key: string): string {
	const [first] = /[./]/.exec(key) ?? [];
	const parts = first === '.' ? key.split('.').map((part) => part.replaceAll('/', '.')) : key.split('/');
	const path = insideOf(folder, parts);
	const separated = insideOf(folder, key.split(/[./]/));
	return !existsSync(path) && existsSync(separated) ? separated : path;
}

function insideOf(folder: string, parts: readonly string[]): string {
	return join(folder, ...parts.filter((part) => part !== '' && part !== '.' && part !== '..'));
}
