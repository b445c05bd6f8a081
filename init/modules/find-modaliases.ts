// The `modalias` of every device that sysfs shows.

import { existsSync, readdirSync } from 'node:fs';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';

/**
 * Of the devices on buses, each once: whatever a boot waits for. `findModaliases` also finds keyboards and
 * the machine's own (`dmi:`), and reads hundreds of folders for that.
 */
export function findModaliasesOnBuses(folder = '/sys/bus'): Set<string> {
	const found = new Set<string>();
	for (const bus of entriesOf(folder)) {
		const devices = `${folder}/${bus.name}/devices`;
		for (const device of entriesOf(devices)) addModalias(`${devices}/${device.name}/modalias`, found);
	}
	return found;
}

/** Of all devices, each once. Two devices of a kind share one. */
export function findModaliases(folder = '/sys/devices'): Set<string> {
	const found = new Set<string>();
	walk(folder, found);
	return found;
}

/** Links are not followed (a Dirent of a link is no directory): sysfs would go in circles. */
function walk(folder: string, found: Set<string>): void {
	for (const entry of entriesOf(folder)) {
		const path = `${folder}/${entry.name}`;
		if (entry.isDirectory()) {
			// Hundreds of folders that never hold a device; reading them all would cost seconds under emulation.
			if (entry.name !== 'power' && entry.name !== 'statistics' && entry.name !== 'queues') walk(path, found);
		} else if (entry.name === 'modalias') addModalias(path, found);
	}
}

function addModalias(path: string, found: Set<string>): void {
	// Not every device has one, and an exception is slow.
	const alias = existsSync(path) ? readTextOrEmpty(path).trim() : '';
	if (alias !== '') found.add(alias);
}

function entriesOf(folder: string): { readonly name: string; isDirectory(): boolean }[] {
	try {
		return readdirSync(folder, { withFileTypes: true });
	} catch {
		// A device that has just gone.
		return [];
	}
}
