// Whether the initramfs is whole (supervisor/contract/initrd-marks.ts): a machine with too little memory boots what
// fitted, and would meet the rest as missing files here and there.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unpackedMark, unpackingMark } from '../../supervisor/contract/initrd-marks.ts';

/** Throws where the end is missing; removes the marks where all is well. */
export function checkMarks(root: string): void {
	const begun = join(root, unpackingMark);
	if (!existsSync(begun)) return;
	const whole = join(root, unpackedMark);
	if (!existsSync(whole)) {
		throw new Error(
			`the initramfs was not unpacked whole: the machine has too little memory (${memoryText()}). Give it more, or ` +
				"let all of it be used by rootfstype=ramfs on the kernel's command line",
		);
	}
	// In this order: a crash between the two leaves nothing that looks like a cut.
	rmSync(begun);
	rmSync(whole);
}

function memoryText(): string {
	const kilobytes = Number(/^MemTotal: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
	return `${Math.round(kilobytes / 1024)} MB`;
}
