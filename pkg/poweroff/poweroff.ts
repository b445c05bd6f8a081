// `/poweroff.sh SECONDS`: asks PID 1 for a power-off after a while (30 seconds), as LinuxKit's script of that name
// does; but an orderly one, in which services are stopped and disks unmounted.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { AppletError } from '../applet/applet.ts';

/** busybox's sleep, which LinuxKit's script calls, takes these. */
const unitSeconds: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86400 };
/** setTimeout's own limit is 2^31 ms. */
const longestMs = 86_400_000;
/** How long the end of a system may take that was asked for. */
const endMs = 300_000;

export async function poweroff(args: readonly string[]): Promise<number> {
	const [text = '30'] = args;
	const ms = parsePauseMs(text);
	if (ms === null || args.length > 1) {
		throw new AppletError(
			`"${args.join(' ')}" is no time. Expected seconds, or a number with s, m, h or d.`,
			{
				exitCode: 2,
			},
		);
	}
	refuseOwnNamespace(readFileSync('/proc/1/cmdline', 'latin1'));
	for (let left = ms; left > 0; left -= longestMs) await pause(Math.min(left, longestMs));
	// SIGUSR2 is "power off" to our PID 1 and to LinuxKit's, which is busybox.
	process.kill(1, 'SIGUSR2');
	// As a service that is done it would be started again; it is ended with all the others.
	await pause(endMs);
	throw new AppletError(`the system still runs ${endMs / 1000} s after it was asked to power off`);
}

/** LinuxKit's YAML files call it as `/bin/sh /poweroff.sh SECONDS`; a shell there is none. */
export async function poweroffByShell(args: readonly string[]): Promise<number> {
	const [script, ...rest] = args;
	if (script === '/poweroff.sh') return await poweroff(rest);
	throw new AppletError('this image has no shell: /bin/sh runs /poweroff.sh only', { exitCode: 2 });
}

export function parsePauseMs(text: string): number | null {
	const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text) ?? [];
	const seconds = unitSeconds[unit];
	return number === undefined || seconds === undefined ? null : Number(number) * seconds * 1000;
}

/** In a pid namespace of the container's own, 1 is this very program. */
export function refuseOwnNamespace(firstCommandLine: string): void {
	const [program = ''] = firstCommandLine.split('\0');
	if (basename(program) === 'init') return;
	throw new AppletError("the system's PID 1 can't be seen from this container. Give it `pid: host`.");
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
