// Constants by name, combined; a test fails at once where one is missing.

import type { Native } from '../../../native/native.ts';

export function bits(native: Native, ...names: readonly string[]): number {
	return names.reduce((sum, name) => {
		const value = native.constants[name];
		if (value === undefined) throw new Error(`the addon has no constant ${name}`);
		return sum | value;
	}, 0);
}
