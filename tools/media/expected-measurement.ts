// The value that register 11 of a TPM has after a unified kernel image has started: systemd's stub extends it by the name of each
// section and by its content (systemd-stub(7), "TPM PCR Notes"; src/boot/efi/stub.c of systemd 252).

import { createHash, hash } from 'node:crypto';
import { type EfiSection, readEfiSections, sectionContent, sectionText } from './efi-sections.ts';

/** In the order in which the stub measures them, which is not that in the file. */
const measuredSections = ['.linux', '.osrel', '.cmdline', '.initrd', '.splash', '.dtb', '.pcrpkey'] as const;

/** Other versions measure further sections. */
const knownStub = /LoaderInfo: systemd-stub 252[ .~-]/;

/**
 * Returns 64 hexadecimal digits of SHA-256; null for a program of another stub. Throws a `SlipwayError` for a file that is no EFI
 * program.
 */
export async function expectedRegister11(path: string): Promise<string | null> {
	const sections = await readEfiSections(path);
	const magic = sections.find(({ name }) => name === '.sdmagic');
	if (magic === undefined || !knownStub.test(await sectionText(path, magic))) return null;
	let register: Buffer = Buffer.alloc(32);
	for (const name of measuredSections) {
		const section = sections.find((each) => each.name === name);
		if (section === undefined) continue;
		for (const digest of [hash('sha256', `${name}\0`, 'buffer'), await digestOf(path, section)])
			register = hash('sha256', Buffer.concat([register, digest]), 'buffer');
	}
	return register.toString('hex');
}

async function digestOf(path: string, section: EfiSection): Promise<Buffer> {
	const digest = createHash('sha256');
	for await (const chunk of sectionContent(path, section)) digest.update(chunk);
	return digest.digest();
}
