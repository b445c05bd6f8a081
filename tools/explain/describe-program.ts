// What is known of an EFI program (`NAME.efi`), for `slipway inspect`.

import { existsSync, statSync } from 'node:fs';
import { readEfiSections, sectionText } from '../media/efi-sections.ts';
import { expectedRegister11 } from '../media/expected-measurement.ts';

export interface ProgramDescription {
	readonly path: string;
	readonly sizeBytes: number;
	/** Null when the program holds none. */
	readonly commandLine: string | null;
	/** What register 11 of a TPM must have after the boot, by SHA-256; null for a stub whose measurements are not known. */
	readonly pcr11: string | null;
}

/** Returns null for another name than that of such a file. Throws a `SlipwayError` when the file is no EFI program. */
export async function describeProgram(path: string): Promise<ProgramDescription | null> {
	if (!path.endsWith('.efi') || !existsSync(path)) return null;
	const sections = await readEfiSections(path);
	const line = sections.find(({ name }) => name === '.cmdline');
	return {
		path,
		sizeBytes: statSync(path).size,
		commandLine: line === undefined ? null : await sectionText(path, line),
		pcr11: await expectedRegister11(path),
	};
}
