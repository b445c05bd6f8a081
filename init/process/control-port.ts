// PID 1's part in the port `slipway.control`: it holds the port open, and starts the program `channel` when the host speaks. It parses
// nothing of what the host sends. That program outlives a crash of PID 1, and keeps the port until the host disconnects.

import { closeSync, constants as fsConstants, openSync } from 'node:fs';
import { hasCode } from '../../native/linux/has-code.ts';
import { namesIn } from '../../native/linux/names-in.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import type { ChildProcesses } from '../../supervisor/context/child-processes.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { channelPortName } from '../../supervisor/contract/channel-protocol.ts';
import { childEnvironment, ownFiles } from '../../supervisor/contract/layout.ts';

/** The pause after an error, and between two starts of the program. */
const pauseMs = 4000;

interface ControlPortParts {
	readonly native: Pick<Native, 'readAvailable' | 'signalOnInput'>;
	readonly children: ChildProcesses;
	readonly log: Log;
	/** The system shuts down: the program is not started any more. */
	readonly isEnding: () => boolean;
}

interface PortFolders {
	readonly ports: string;
	readonly nodes: string;
}

const kernelFolders: PortFolders = { ports: '/sys/class/virtio-ports', nodes: '/dev' };

export class ControlPort {
	readonly #parts: ControlPortParts;
	readonly #folders: PortFolders;
	#isTold = false;
	#fd: number | null = null;
	#isRunning = false;
	#isWaiting = false;

	constructor(parts: ControlPortParts, folders: PortFolders = kernelFolders) {
		this.#parts = parts;
		this.#folders = folders;
		// A port without a host is readable all the time, so that poll(2) would never rest; the kernel's driver sends a signal when
		// the host comes and when it speaks (drivers/char/virtio_console.c). A signal that comes for nothing does no harm.
		process.on('SIGIO', () => this.#look());
	}

	/** Opens the port if its device exists; to be called again when there are new devices. */
	tryOpen(): void {
		if (this.#fd !== null || this.#isWaiting) return;
		const device = findPort(this.#folders);
		if (device === null) return;
		try {
			const { O_RDWR, O_NONBLOCK } = fsConstants;
			this.#fd = openSync(device, O_RDWR | O_NONBLOCK);
		} catch (error) {
			// The program that PID 1 started before its crash has it, or the kernel has not made its node yet.
			if (!hasCode(error, 'EBUSY', 'ENOENT')) this.#tell(error);
			this.#later(pauseMs, () => this.tryOpen());
			return;
		}
		this.#listen(this.#fd);
	}

	/** Once: it is tried again and again. */
	#tell(error: unknown): void {
		if (this.#isTold) return;
		this.#isTold = true;
		this.#parts.log.warn(
			{ stage: 'control' },
			`the host's commands can't be heard yet: ${errorMessage(error)}`,
		);
	}

	/** What has come before counts, too. */
	#listen(fd: number): void {
		this.#parts.native.signalOnInput(fd, true);
		this.#look();
	}

	#look(): void {
		const fd = this.#fd;
		if (fd === null || this.#isRunning || this.#isWaiting || this.#parts.isEnding()) return;
		// The first byte is one of the zeros before the host's hello.
		if ((this.#readByte(fd)?.length ?? 0) > 0) this.#startProgram(fd);
	}

	#readByte(fd: number): Buffer | null {
		try {
			return this.#parts.native.readAvailable(fd, 1);
		} catch (error) {
			this.#tell(error);
			return null;
		}
	}

	#startProgram(fd: number): void {
		const { native, children, log } = this.#parts;
		const startedAtMs = performance.now();
		const again = (): void => {
			this.#isRunning = false;
			this.#later(Math.max(0, startedAtMs + pauseMs - performance.now()), () => this.#listen(fd));
		};
		const none = openSync('/dev/null', 'w');
		this.#isRunning = true;
		// The program shares the open file, and PID 1 must not wake up for what it reads.
		native.signalOnInput(fd, false);
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
			log.warn({ stage: 'control' }, `the host's commands can't be run: ${errorMessage(error)}`);
			again();
		} finally {
			closeSync(none);
		}
	}

	#later(delayMs: number, action: () => void): void {
		this.#isWaiting = true;
		setTimeout(() => {
			this.#isWaiting = false;
			action();
		}, delayMs);
	}
}

/** Returns the device of the port, null when there is none. */
function findPort({ ports, nodes }: PortFolders): string | null {
	// There is no folder in a kernel without such ports, or before their driver is loaded.
	const name = namesIn(ports).find(
		(port) => readTextOrEmpty(`${ports}/${port}/name`).trim() === channelPortName,
	);
	return name === undefined ? null : `${nodes}/${name}`;
}
