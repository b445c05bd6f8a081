// The options that many commands share.

import type { OptionTable } from '../terminal/option-table.ts';

/** For `storeFolder()`. */
export const storeOption = {
	cache: {
		value: 'DIR',
		completes: 'directory',
		defaultText: '$SLIPWAY_CACHE or $XDG_CACHE_HOME/slipway',
		group: 'Images',
		help: 'the image store',
	},
} as const satisfies OptionTable;

export const jsonArrayOption = {
	json: { help: 'print one JSON array, for programs' },
} as const satisfies OptionTable;

/** For the commands that build packages. */
export const lockedOption = {
	locked: { help: 'refuse a recipe that takes Debian packages and has no lock file' },
} as const satisfies OptionTable;
