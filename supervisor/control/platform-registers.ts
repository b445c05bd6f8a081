// The registers (PCRs) of a TPM 2.0 in which firmware, boot loader and systemd's stub have measured what they started
// (Documentation/ABI/testing/sysfs-class-tpm, `pcr-sha256`). Reading changes nothing.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlatformRegister } from '../contract/protocol.ts';

/** Those that start from zeros with the machine; the others belong to debuggers and to later launches. */
const registerCount = 16;

/** Each register is a command of the TPM, some milliseconds, so the event loop goes on meanwhile. Empty without a TPM 2.0. */
export async function readPlatformRegisters(sysfs = '/sys'): Promise<readonly PlatformRegister[]> {
	const registers: PlatformRegister[] = [];
	for (let index = 0; index < registerCount; index++) {
		const path = join(sysfs, 'class/tpm/tpm0/pcr-sha256', String(index));
		const sha256 = (await readFile(path, 'latin1').catch(() => '')).trim().toLowerCase();
		if (!/^[0-9a-f]{64}$/.test(sha256)) return registers;
		registers.push({ index, sha256 });
	}
	return registers;
}
