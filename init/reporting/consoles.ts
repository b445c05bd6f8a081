// The consoles that PID 1 writes its lines to: every one to which the kernel prints (`console=`), while /dev/console alone is the last
// of them. A console never blocks PID 1: flow control may stop a serial line for ever.

import { constants as fsConstants, openSync } from 'node:fs';
import { basename } from 'node:path';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import { BoundedWriter } from './bounded-writer.ts';

const defaultConsole = 'console';
const bufferBytes = 64 * 1024;
/** A console that comes later, with its driver, gets the last lines, as the kernel does it. */
const maxPastLines = 100;

type ConsoleCalls = Pick<Native, 'writeAvailable' | 'isCanonical'>;

interface OpenConsole {
	readonly fd: number;
	readonly writer: BoundedWriter;
}

export interface ConsolesOptions {
	/** The kernel's list; null for /dev/console alone. */
	readonly list: string | null;
	/** The folder of the devices. */
	readonly devices: string;
}

export class Consoles {
	readonly #native: ConsoleCalls;
	readonly #options: ConsolesOptions;
	readonly #open = new Map<string, OpenConsole>();
	readonly #past: string[] = [];

	constructor(native: ConsoleCalls, options: ConsolesOptions) {
		this.#native = native;
		this.#options = options;
		// The descriptor stays that console's, also when a driver brings the last one of `console=` later.
		const name = this.#listed().find(({ isDefault }) => isDefault)?.name ?? defaultConsole;
		// With `console=null`, or in a /dev without a console: the kernel's standard error.
		if (!this.#tryOpen(name, defaultConsole)) this.#add(defaultConsole, 2);
		this.tryOpen();
	}

	/** Opens the consoles that the kernel prints to and that are not open yet; to be called again when there are new devices. */
	tryOpen(): void {
		for (const { name } of this.#listed()) {
			if (!this.#open.has(name) && this.#tryOpen(name)) {
				for (const line of this.#past) this.#open.get(name)?.writer.write(line);
			}
		}
	}

	/**
	 * While a person types at a console, only what is urgent is written there, on lines of its own; the log has the rest.
	 *
	 * @param line - includes its line end
	 */
	write(line: string, isUrgent: boolean): void {
		if (this.#past.push(line) > maxPastLines) this.#past.shift();
		for (const { fd, writer } of this.#open.values()) {
			const isTyped = this.#isTypedAt(fd);
			if (isUrgent || !isTyped) writer.write(isTyped ? `\r\n${line}` : line);
		}
	}

	/** Writes what is still buffered, for a bounded time. */
	flush(timeoutMs: number, nowMs: () => number): void {
		const endMs = nowMs() + timeoutMs;
		for (const { writer } of this.#open.values()) writer.flush(Math.max(0, endMs - nowMs()), nowMs);
	}

	#listed(): ListedConsole[] {
		return this.#options.list === null ? [] : listedConsoles(readTextOrEmpty(this.#options.list));
	}

	#tryOpen(name: string, device = name): boolean {
		const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = fsConstants;
		try {
			// A descriptor of its own, so that O_NONBLOCK concerns no child that inherits 0, 1 and 2.
			this.#add(name, openSync(`${this.#options.devices}/${device}`, O_WRONLY | O_NONBLOCK | O_NOCTTY));
			return true;
		} catch {
			// Some consoles have no device, such as netconsole's.
			return false;
		}
	}

	#add(name: string, fd: number): void {
		const writer = new BoundedWriter({
			write: (bytes) => this.#native.writeAvailable(fd, bytes),
			maxBytes: bufferBytes,
			lostLine: (lostLines) => `... ${lostLines} lines were lost: the console is too slow\r\n`,
			later: setTimeout,
		});
		writer.open();
		this.#open.set(name, { fd, writer });
	}

	#isTypedAt(fd: number): boolean {
		try {
			return this.#native.isCanonical(fd) === 0;
		} catch {
			// No terminal.
			return false;
		}
	}
}

interface ListedConsole {
	readonly name: string;
	/** It is what /dev/console stands for now. */
	readonly isDefault: boolean;
}

/**
 * Returns the enabled consoles.
 *
 * @param list - /proc/consoles: `ttyS0 -W- (EC p a) 4:64`, where E is enabled, C is /dev/console, B is for the early boot only (the kernel's
 *   Documentation/filesystems/proc.rst)
 */
export function listedConsoles(list: string): ListedConsole[] {
	return list.split('\n').flatMap((line) => {
		const [, name, flags] = /^(\S+)\s+\S+\s+\(([^)]*)\)/.exec(line) ?? [];
		if (name === undefined || flags === undefined || basename(name) !== name) return [];
		return flags.includes('E') && !flags.includes('B') ? [{ name, isDefault: flags.includes('C') }] : [];
	});
}
