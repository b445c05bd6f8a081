// Reads the `supervision.json` of a bundle. LinuxKit's bundles have none.

import { errorMessage } from '../../native/text/error-message.ts';
import { bundlePath } from '../contract/layout.ts';
import { parseSupervision, type Supervision } from '../contract/supervision.ts';
import { readJson } from './bundle.ts';

/** Returns no keys and the reason in `trouble` when the file can't be read. Never throws. */
export function tryReadSupervision(folder: string): {
	readonly supervision: Supervision;
	readonly trouble: string | null;
} {
	const path = bundlePath(folder, 'supervision');
	try {
		return { supervision: parseSupervision(readJson(path) ?? {}, path), trouble: null };
	} catch (error) {
		return { supervision: {}, trouble: `can't be read: ${errorMessage(error)}` };
	}
}
