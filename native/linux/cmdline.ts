// The words of /proc/cmdline that are addressed to us. `slipway.NAME=VALUE`; a later one wins.

export type RootMode = 'copy' | 'bind';

export interface KernelCommandLine {
	/** `slipway.root=`: how the initramfs becomes a root that runc can pivot from; null: as it is best for it. */
	readonly rootMode: RootMode | null;
	/** `slipway.root=rw`: leave the root writable. May be combined: `slipway.root=bind,rw`. */
	readonly rootWritable: boolean;
	/** `slipway.events=ttyS1`: the port for events and commands, below /dev; null: none. */
	readonly eventPort: string | null;
	/** `slipway.watchdog=30s`: a PID 1 that hangs so long ends in a reset; null: none. */
	readonly watchdogSeconds: number | null;
	/** `slipway.faults=1`: the host may provoke crashes, for tests. */
	readonly faults: boolean;
}

export function parseKernelCommandLine(text: string): KernelCommandLine {
	const values = new Map<string, string>();
	for (const word of text.trim().split(/\s+/)) {
		const match = /^slipway\.([a-z]+)=(.*)$/.exec(word);
		if (match !== null) values.set(match[1] ?? '', match[2] ?? '');
	}
	const root = new Set((values.get('root') ?? '').split(','));
	return {
		rootMode: root.has('bind') ? 'bind' : root.has('copy') ? 'copy' : null,
		rootWritable: root.has('rw'),
		eventPort: deviceName(values.get('events')),
		watchdogSeconds: wholeSeconds(values.get('watchdog')),
		faults: values.get('faults') === '1',
	};
}

/** The command line isn't ours alone: a name that leaves /dev is no device. */
function deviceName(value: string | undefined): string | null {
	if (value === undefined) return null;
	const name = value.replace(/^\/dev\//, '');
	return /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/.test(name) ? name : null;
}

/** `30s` or `30`, up to an hour; anything else is none. */
function wholeSeconds(value: string | undefined): number | null {
	const seconds = Number(/^(\d{1,4})s?$/.exec(value ?? '')?.[1] ?? 0);
	return seconds >= 1 && seconds <= 3600 ? seconds : null;
}
