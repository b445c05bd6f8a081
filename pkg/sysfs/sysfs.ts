// `sysfs`: writes the values of /etc/sysfs.d to files of /sys, as LinuxKit's program does.

import { join } from 'node:path';
import type { AppletHost } from '../applet/applet.ts';
import { parseFlags, refuseWords } from '../applet/flags.ts';
import { readSettings } from '../applet/settings-files.ts';
import { writeParameter } from '../applet/write-parameter.ts';

/** Returns the exit code: 1 when a line could not be done. The other lines are done all the same. */
export function sysfs(args: readonly string[], host: AppletHost): number {
	const { flags, rest } = parseFlags(args, { configDir: '/etc/sysfs.d', sysfsDir: '/sys' });
	refuseWords(rest);
	const { settings, problems } = readSettings(flags.configDir);
	const failures = settings.flatMap(({ key, value, place }) => {
		// As in sysctl.d(5): what this machine may lack has a "-" before it.
		const isOptional = key.startsWith('-');
		const path = attributePath(flags.sysfsDir, isOptional ? key.slice(1).trim() : key);
		const problem = writeParameter(path, value);
		return problem === null || isOptional ? [] : [`${place}: ${path} is not set to "${value}": ${problem}`];
	});
	for (const line of [...problems, ...failures]) host.warn(line);
	return problems.length + failures.length > 0 ? 1 : 0;
}

/** With or without the `/sys` before it; never outside. */
function attributePath(folder: string, key: string): string {
	const below = key.startsWith(`${folder}/`) ? key.slice(folder.length) : key;
	return join(folder, join('/', below));
}
