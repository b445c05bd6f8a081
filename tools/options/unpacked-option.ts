// The option `--max-unpacked` of the commands that unpack archives.

import { UsageError } from '../errors.ts';
import { parseDiskSize } from '../machine/disk-option.ts';

/** @param what - what may not be larger, with the verb */
export function unpackedOption(what: string) {
	return {
		'max-unpacked': {
			value: 'SIZE',
			defaultText: "the free space of the store's disk, at least 8 GB",
			group: 'Images',
			help: `the size that ${what} may unpack to, such as 20G. A larger one is refused`,
		},
	} as const;
}

/** Returns bytes; null without the option. */
export function unpackedSize(text: string | undefined): number | null {
	if (text === undefined) return null;
	const bytes = parseDiskSize(text);
	if (bytes !== null) return bytes;
	throw new UsageError(`--max-unpacked ${text}: expected a size with M, G or T, such as 20G.`);
}
