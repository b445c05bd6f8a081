// The names of signals (signal(7)), real-time signals included: systemd in a container ends by SIGRTMIN+3.

import { constants } from 'node:os';

/** As glibc and Docker count. The C library of the program may count from another number (musl: 35). */
const realTime = { min: 34, max: 64 } as const;

/** Returns the number of `SIGTERM`, `SIGRTMIN+3`, `SIGRTMAX-1`, …; null for another text. */
export function signalNumber(name: string): number | null {
	if (Object.hasOwn(constants.signals, name)) return constants.signals[name as NodeJS.Signals];
	const [whole, up = '0', down] = /^SIGRT(?:MIN(?:\+(\d{1,2}))?|MAX(?:-(\d{1,2}))?)$/.exec(name) ?? [];
	if (whole === undefined) return null;
	const number = name.startsWith('SIGRTMIN') ? realTime.min + Number(up) : realTime.max - Number(down ?? 0);
	return number >= realTime.min && number <= realTime.max ? number : null;
}

/** Returns `SIGTERM`, `SIGRTMIN+3`, …; null for a number without a signal that programs use. */
export function signalName(number: number): string | null {
	const known = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
	if (known !== undefined) return known;
	const offset = number - realTime.min;
	if (!Number.isInteger(number) || offset < 0 || number > realTime.max) return null;
	return offset === 0 ? 'SIGRTMIN' : `SIGRTMIN+${offset}`;
}
