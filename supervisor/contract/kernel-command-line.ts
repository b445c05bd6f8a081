// Parses Slipway's own options `slipway.NAME=VALUE` in /proc/cmdline. The last one of a name counts.

import { commandLineWords } from '../../native/linux/command-line-words.ts';

export type RootMode = 'copy' | 'bind';

export interface KernelCommandLine {
	/** `slipway.root=`: the way in which the initramfs becomes a root that runc can pivot from; null: PID 1 decides. */
	readonly rootMode: RootMode | null;
	/** `slipway.root=rw`: the root stays writable. May be combined: `slipway.root=bind,rw`. */
	readonly rootWritable: boolean;
	/** `slipway.events=ttyS1`: the port for events and commands, relative to /dev; null: none. It may be an OEM string of SMBIOS. */
	readonly eventPort: string | null;
	/** `slipway.watchdog=30s`: the machine resets when PID 1 hangs so long; null: no watchdog. */
	readonly watchdogSeconds: number | null;
	/** `slipway.runtime=builtin`: onboot and onshutdown containers run without runc. */
	readonly runtime: 'runc' | 'builtin';
	/** `slipway.faults=1`: the host may provoke crashes, for tests. */
	readonly faults: boolean;
	/** Words `slipway.…` that have no effect, a sentence each, for the log. */
	readonly problems: readonly string[];
}

/** How a value is wrong, and what may stand there; null for one that is understood. */
type CheckValue = (value: string) => string | null;

/** Slipway's own options. The first program reads `slipway.verity=`, and ends the boot for a wrong one. */
const options: Readonly<Record<string, CheckValue>> = {
	root: (value) => {
		const unknown = value.split(',').filter((word) => !rootWords.has(word));
		return unknown.length === 0
			? null
			: `${unknown.join(',') || '""'} is none of ${[...rootWords].join(', ')}`;
	},
	events: (value) => (deviceName(value) === null ? 'it takes the name of a device in /dev' : null),
	watchdog: (value) =>
		wholeSeconds(value) === null ? 'it takes seconds, from 1 to 3600, such as 30s' : null,
	runtime: (value) => (['runc', 'builtin'].includes(value) ? null : 'it takes runc or builtin'),
	faults: (value) => (['0', '1'].includes(value) ? null : 'it takes 1'),
	verity: () => null,
};
const rootWords: ReadonlySet<string> = new Set(['bind', 'copy', 'rw']);

/** @param oemStrings - of SMBIOS; the port is taken from them when the command line names none */
export function parseKernelCommandLine(text: string, oemStrings: readonly string[] = []): KernelCommandLine {
	const values = new Map<string, string>();
	const port = oemStrings.find((each) => each.startsWith('slipway.events='));
	if (port !== undefined) values.set('events', port.slice(port.indexOf('=') + 1));
	const words = commandLineWords(text);
	for (const word of words) {
		const match = /^slipway\.([a-z]+)=(.*)$/s.exec(word);
		if (match !== null) values.set(match[1] ?? '', match[2] ?? '');
	}
	const root = new Set((values.get('root') ?? '').split(','));
	return {
		rootMode: root.has('bind') ? 'bind' : root.has('copy') ? 'copy' : null,
		rootWritable: root.has('rw'),
		eventPort: deviceName(values.get('events')),
		watchdogSeconds: wholeSeconds(values.get('watchdog')),
		runtime: values.get('runtime') === 'builtin' ? 'builtin' : 'runc',
		faults: values.get('faults') === '1',
		problems: words.flatMap(problemsOf),
	};
}

function problemsOf(word: string): string[] {
	const match = /^slipway\.([^=]*)(?:=(.*))?$/s.exec(word);
	if (match === null) return [];
	const check = Object.entries(options).find(([name]) => name === match[1])?.[1];
	const problem =
		check === undefined
			? `the options are ${Object.keys(options)
					.map((name) => `slipway.${name}=`)
					.join(', ')}`
			: check(match[2] ?? '');
	return problem === null ? [] : [`${word} on the kernel's command line is not understood: ${problem}`];
}

/** Returns null for a name that leaves /dev. */
function deviceName(value: string | undefined): string | null {
	if (value === undefined) return null;
	const name = value.replace(/^\/dev\//, '');
	return /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/.test(name) ? name : null;
}

/** Returns the seconds of `30s` or `30`, up to an hour; null for anything else. */
function wholeSeconds(value: string | undefined): number | null {
	const seconds = Number(/^(\d{1,4})s?$/.exec(value ?? '')?.[1] ?? 0);
	return seconds >= 1 && seconds <= 3600 ? seconds : null;
}
