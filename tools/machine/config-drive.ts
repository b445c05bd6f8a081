// `--data FILE|STRING`: the guest's own data, on a read-only disk. Its label and files are those of
// cloud-init's NoCloud (docs: reference/datasources/nocloud), and `config` is LinuxKit's.

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isoImage } from '../archive/iso-image.ts';
import { SlipwayError, UsageError } from '../errors.ts';

const maxBytes = 16 * 2 ** 20;

/** Returns the contents of the file of that name, or the text itself when there is no such file. Throws a `UsageError`. */
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

/** Reports whether a text is probably a mistyped file name, which must not become the machine's data. */
function looksLikePath(text: string): boolean {
	return !/[\s{}]/.test(text) && /^\.{0,2}\/|\.(json|ya?ml|txt|cfg|conf)$/.test(text);
}

function tooLarge(): SlipwayError {
	return new SlipwayError('BAD_INPUT', `--data takes up to ${maxBytes / 2 ** 20} MiB.`);
}

export function configDrive(data: Buffer): Buffer {
	// cloud-init reads the data again when the instance-id differs.
	const id = createHash('sha256').update(data).digest('hex').slice(0, 16);
	return isoImage('cidata', [
		{ name: 'meta-data', content: Buffer.from(`instance-id: slipway-${id}\n`) },
		{ name: 'user-data', content: data },
		{ name: 'config', content: data },
	]);
}
