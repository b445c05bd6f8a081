// A folder for one test, gone with it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** A test, or what stands for several of them and cleans up after the last. */
export type Owner = Pick<ExecutionContext, 'teardown'>;

export function scratchFolder(t: Owner): string {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'));
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** For a file of tests: hooks have no teardown. */
export function ownerOfAll(): Owner & { cleanUp(): Promise<void> } {
	const works: (() => unknown)[] = [];
	return {
		teardown: (work) => void works.push(work),
		async cleanUp() {
			for (const work of works.reverse()) await work();
		},
	};
}
