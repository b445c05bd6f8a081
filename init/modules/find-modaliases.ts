// Reads the `modalias` of the devices in sysfs.

import { existsSync, readdirSync } from 'node:fs';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';

/**
 * Returns those of the devices on buses, each once: all that a boot waits for. `findModaliases` also finds keyboards and
 * the machine itself (`dmi:`), and reads hundreds of folders for that.
 */
export function findModaliasesOnBuses(folder = '/sys/bus'): Set<string> {
	const found = new Set<string>();
	for (const bus of entriesOf(folder)) {
		const devices = `${folder}/${bus.name}/devices`;
		for (const device of entriesOf(devices)) addModalias(`${devices}/${device.name}/modalias`, found);
	}
	return found;
}

/** Returns those of all devices, each once. Two devices of a kind share one. */
export function findModaliases(folder = '/sys/devices'): Set<string> {
	const found = new Set<string>();
	walk(folder, found);
	return found;
}

/** Follows no links (a Dirent of a link is no directory): those of sysfs form circles. */
function walk(folder: string, found: Set<string>): void {
	for (const entry of entriesOf(folder)) {
		const path = `${folder}/${entry.name}`;
		if (entry.isDirectory()) {
			// These hundreds of folders never hold a device. Reading all of them takes seconds on an emulated processor.
			if (entry.name !== 'power' && entry.name !== 'statistics' && entry.name !== 'queues') walk(path, found);
		} else if (entry.name === 'modalias') addModalias(path, found);
	}
}

function addModalias(path: string, found: Set<string>): void {
	// Not every device has a modalias, and an exception is slow.
	const alias = existsSync(path) ? readTextOrEmpty(path).trim() : '';
	if (alias !== '') found.add(alias);
}

function entriesOf(folder: string): { readonly name: string; isDirectory(): boolean }[] {
	try {
		return readdirSync(folder, { withFileTypes: true });
	} catch {
		// The device has just gone.
		return [];
	}
}
