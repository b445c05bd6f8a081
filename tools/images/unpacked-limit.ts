// Limits what an archive may unpack to: a few bytes can stand for more than a disk has.

import { SlipwayError } from '../errors.ts';
import { formatSize } from '../terminal/format-size.ts';

/**
 * Returns a function that counts bytes and throws `BAD_IMAGE` once they are too many.
 *
 * @param what - what is too large, with the verb: `the layer sha256:… unpacks`
 * @param command - the command whose option `--max-unpacked` allows more
 */
export function unpackedLimit(
	what: string,
	maxBytes: number,
	command = 'slipway build',
): (bytes: number) => void {
	let sum = 0;
	return (bytes) => {
		sum += bytes;
		if (sum <= maxBytes) return;
		throw new SlipwayError(
			'BAD_IMAGE',
			`${what} to more than ${formatSize(maxBytes)}. If it is to be so large: ${command} --max-unpacked SIZE.`,
		);
	};
}
