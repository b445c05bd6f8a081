// `--data FILE|STRING`: what the guest is told about itself, on a read-only disk. Its label and files are those of
// cloud-init's NoCloud (docs: reference/datasources/nocloud), and `config` is LinuxKit's.

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isoImage } from '../archive/iso-image.ts';
import { SlipwayError, UsageError } from '../errors.ts';

const maxBytes = 16 * 2 ** 20;

/** The contents of a file of that name, or the text itself. */
export function readData(text: string): Buffer {
	const stats = statSync(text.includes('\0') ? '' : text, { throwIfNoEntry: false });
	if (stats === undefined && looksLikePath(text)) {
		throw new UsageError(
			`--data ${text}: there is no such file, and a text would have a space or a brace in it.`,
		);
	}
	if (stats !== undefined && !stats.isFile())
		throw new UsageError(`--data ${text}: expected a file or a text.`);
	if ((stats?.size ?? 0) > maxBytes) throw tooLarge();
	const data = stats === undefined ? Buffer.from(text) : readFileSync(text);
	if (data.length === 0) throw new UsageError('--data: there is nothing in it.');
	if (data.length > maxBytes) throw tooLarge();
	return data;
}

/** A mistyped name must not become the machine's data. */
function looksLikePath(text: string): boolean {
	return !/[\s{}]/.test(text) && /^\.{0,2}\/|\.(json|ya?ml|txt|cfg|conf)$/.test(text);
}

function tooLarge(): SlipwayError {
	return new SlipwayError('DATA_TOO_LARGE', `--data takes up to ${maxBytes / 2 ** 20} MiB.`);
}

export function configDrive(data: Buffer): Buffer {
	// By a new instance-id cloud-init knows that it has not seen this data.
	const id = createHash('sha256').update(data).digest('hex').slice(0, 16);
	return isoImage('cidata', [
		{ name: 'meta-data', content: Buffer.from(`instance-id: slipway-${id}\n`) },
		{ name: 'user-data', content: data },
		{ name: 'config', content: data },
	]);
}
