// Checks that the initramfs is complete (supervisor/contract/unpacking-files.ts): a machine with too little memory boots the
// part that fits, and would fail later, at any missing file.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unpackedFile, unpackingFile } from '../../supervisor/contract/unpacking-files.ts';

/** Throws when the end of the initramfs is missing; otherwise removes the two files. */
export function checkInitramfsComplete(root: string): void {
	const begun = join(root, unpackingFile);
	if (!existsSync(begun)) return;
	const whole = join(root, unpackedFile);
	if (!existsSync(whole)) {
		throw new Error(
			`the initramfs was not unpacked whole: the machine has too little memory (${memoryText()}). Give it more, or ` +
				"let all of it be used by rootfstype=ramfs on the kernel's command line",
		);
	}
	// In this order, so that a crash between the two does not make the initramfs look incomplete.
	rmSync(begun);
	rmSync(whole);
}

function memoryText(): string {
	const kilobytes = Number(/^MemTotal: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
	return `${Math.round(kilobytes / 1024)} MB`;
}
