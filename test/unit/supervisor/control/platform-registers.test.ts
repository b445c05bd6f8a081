import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readPlatformRegisters } from '../../../../supervisor/control/platform-registers.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('readPlatformRegisters() reads the 16 registers of the machine', async (t) => {
	const sysfs = scratchFolder(t);
	const folder = join(sysfs, 'class/tpm/tpm0/pcr-sha256');
	mkdirSync(folder, { recursive: true });
	for (let index = 0; index < 24; index++)
		writeFileSync(join(folder, String(index)), `${'AB'.repeat(31)}${String(index).padStart(2, '0')}\n`);
	const registers = await readPlatformRegisters(sysfs);
	t.is(registers.length, 16);
	t.deepEqual(registers[11], { index: 11, sha256: `${'ab'.repeat(31)}11` });
});

test('readPlatformRegisters() is empty without a TPM, and for one without SHA-256', async (t) => {
	const sysfs = scratchFolder(t);
	t.deepEqual(await readPlatformRegisters(sysfs), []);
	const folder = join(sysfs, 'class/tpm/tpm0/pcr-sha256');
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, '0'), 'no number\n');
	t.deepEqual(await readPlatformRegisters(sysfs), []);
});
