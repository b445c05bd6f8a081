// The power button of a machine: a person presses it, or a hypervisor or a cloud that stops the machine (ACPI). It is an input
// device with the key KEY_POWER (the kernel's Documentation/input/event-codes.rst).

import { closeSync, constants as fsConstants, openSync } from 'node:fs';
import { namesIn } from '../../native/linux/names-in.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native, StopWatch } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import type { Log } from '../../supervisor/context/log.ts';

/** Numbers of include/uapi/linux/input-event-codes.h. */
const keyEventType = 1;
const powerKey = 116;
/** `struct input_event` of a 64-bit kernel: two longs of time, then type (u16), code (u16) and value (s32). */
const eventBytes = 24;
const typeOffset = 16;
/** The kernel keeps 64 events for a reader (drivers/input/evdev.c). */
const maxReadBytes = 64 * eventBytes;

interface PowerButtonParts {
	readonly native: Pick<Native, 'readAvailable' | 'watchReadable'>;
	readonly log: Log;
	readonly onPress: () => void;
}

interface InputFolders {
	readonly devices: string;
	readonly nodes: string;
}

const kernelFolders: InputFolders = { devices: '/sys/class/input', nodes: '/dev/input' };

export class PowerButton {
	readonly #parts: PowerButtonParts;
	readonly #folders: InputFolders;
	readonly #watched = new Set<string>();

	constructor(parts: PowerButtonParts, folders: InputFolders = kernelFolders) {
		this.#parts = parts;
		this.#folders = folders;
	}

	/** Watches each device that has the key and is not watched yet; to be called again when there are new devices. */
	tryOpen(): void {
		for (const name of this.#devices()) {
			if (this.#watched.has(name)) continue;
			// Each time: a mouse that was removed may have had the name of a new button.
			const keys = readTextOrEmpty(`${this.#folders.devices}/${name}/device/capabilities/key`);
			if (!hasKey(keys, powerKey)) continue;
			this.#watched.add(name);
			this.#watch(name);
		}
	}

	#devices(): string[] {
		// There is no folder in a kernel without input devices, or before their driver is loaded.
		return namesIn(this.#folders.devices).filter((name) => /^event\d+$/.test(name));
	}

	#watch(name: string): void {
		let fd: number | null = null;
		try {
			const { O_RDONLY, O_NONBLOCK } = fsConstants;
			fd = openSync(`${this.#folders.nodes}/${name}`, O_RDONLY | O_NONBLOCK);
			this.#listen(name, fd);
		} catch (error) {
			if (fd !== null) closeSync(fd);
			this.#parts.log.warn(
				{ stage: 'devices' },
				`the power button ${name} has no effect: ${errorMessage(error)}`,
			);
		}
	}

	#listen(name: string, fd: number): void {
		const stop: StopWatch = this.#parts.native.watchReadable(fd, () => {
			if (this.#read(fd)) return;
			stop();
			closeSync(fd);
			// The next device may get the same name.
			this.#watched.delete(name);
		});
	}

	/** Returns false when the device is gone. */
	#read(fd: number): boolean {
		const { native, onPress } = this.#parts;
		try {
			const events = native.readAvailable(fd, maxReadBytes);
			if (events === null) return true;
			if (isPressed(events)) onPress();
			return events.length > 0;
		} catch {
			// ENODEV: the device was removed.
			return false;
		}
	}
}

/**
 * Says whether a device has a key.
 *
 * @param bitmap - as in sysfs: words of 64 bits in hexadecimal digits, the highest word first
 */
export function hasKey(bitmap: string, key: number): boolean {
	const words = bitmap.trim().split(' ').reverse();
	const word = words[Math.floor(key / 64)] ?? '';
	return /^[0-9a-f]+$/.test(word) && ((BigInt(`0x${word}`) >> BigInt(key % 64)) & 1n) === 1n;
}

/** Says whether the key goes down in one of the events: 1 is down, 0 up, 2 a repetition. */
export function isPressed(events: Buffer): boolean {
	for (let at = typeOffset; at + 8 <= events.length; at += eventBytes) {
		const isPower = events.readUInt16LE(at) === keyEventType && events.readUInt16LE(at + 2) === powerKey;
		if (isPower && events.readInt32LE(at + 4) === 1) return true;
	}
	return false;
}
