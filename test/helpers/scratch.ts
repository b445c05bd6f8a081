// A folder for one test, gone with it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

export function scratchFolder(t: ExecutionContext): string {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'));
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}
