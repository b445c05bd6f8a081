// PID 1's part in the port `slipway.control`: it holds the port open, and starts the program `channel` when the host speaks. It parses
// nothing of what the host sends. That program outlives a crash of PID 1, and keeps the port until the host disconnects.

import { closeSync, constants as fsConstants, openSync, readdirSync } from 'node:fs';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native, StopWatch } from '../../native/native.ts';
import type { ChildProcesses } from '../../supervisor/context/child-processes.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { channelPortName } from '../../supervisor/contract/channel-protocol.ts';
import { childEnvironment, ownFiles } from '../../supervisor/contract/layout.ts';

const portsFolder = '/sys/class/virtio-ports';
/**
 * How often PID 1 looks whether the host is there: a port without a host is readable all the time. Each look wakes the machine up. Also the
 * pause after an error.
 */
const lookMs = 4000;

interface ControlPortParts {
	readonly native: Pick<Native, 'readAvailable' | 'watchReadable'>;
	readonly children: ChildProcesses;
	readonly log: Log;
	/** The system shuts down: the program is not started any more. */
	readonly isEnding: () => boolean;
}

export class ControlPort {
	readonly #parts: ControlPortParts;
	#fd: number | null = null;
	#stopWatch: StopWatch | null = null;
	#isWaiting = false;

	constructor(parts: ControlPortParts) {
		this.#parts = parts;
	}

	/** Opens the port if its device exists; to be called again when there are new devices. */
	tryOpen(): void {
		if (this.#fd !== null || this.#isWaiting) return;
		const device = findPort();
		if (device === null) return;
		try {
			const { O_RDWR, O_NONBLOCK } = fsConstants;
			this.#fd = openSync(device, O_RDWR | O_NONBLOCK);
		} catch {
			// EBUSY: the program that PID 1 started before its crash has it.
			this.#later(() => this.tryOpen());
			return;
		}
		this.#watch(this.#fd);
	}

	#watch(fd: number): void {
		const { native, isEnding } = this.#parts;
		this.#stopWatch = native.watchReadable(fd, () => {
			const byte = this.#readByte(fd);
			if (byte === null) return;
			this.#stopWatch?.();
			// The first byte is one of the zeros before the host's hello.
			if (byte.length === 0 || isEnding()) this.#later(() => this.#watch(fd));
			else this.#startProgram(fd);
		});
	}

	#readByte(fd: number): Buffer | null {
		try {
			return this.#parts.native.readAvailable(fd, 1);
		} catch {
			return Buffer.alloc(0);
		}
	}

	#startProgram(fd: number): void {
		const { children, log } = this.#parts;
		const again = (): void => this.#later(() => this.#watch(fd));
		const none = openSync('/dev/null', 'w');
		try {
			const { exited } = children.start({
				path: ownFiles.executable,
				args: ['channel'],
				env: childEnvironment,
				stdio: [fd, none, none],
				newSession: true,
			});
			void exited.then(again);
		} catch (error) {
			log.warn({ stage: 'control' }, `the host's commands can't be run: ${String(error)}`);
			again();
		} finally {
			closeSync(none);
		}
	}

	#later(action: () => void): void {
		this.#isWaiting = true;
		setTimeout(() => {
			this.#isWaiting = false;
			action();
		}, lookMs);
	}
}

/** Returns the device of the port, null when there is none. */
function findPort(): string | null {
	try {
		const name = readdirSync(portsFolder).find(
			(port) => readTextOrEmpty(`${portsFolder}/${port}/name`).trim() === channelPortName,
		);
		return name === undefined ? null : `/dev/${name}`;
	} catch {
		return null;
	}
}
