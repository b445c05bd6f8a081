// A folder of a test's own, gone when the tests end.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function scratchFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-scratch-'));
	process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
	return folder;
}
