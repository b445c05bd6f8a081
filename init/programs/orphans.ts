// `orphans`: starts a thousand short-lived processes and ends at once, so that they become PID 1's children. It is one of
// the faults that tests provoke. The dynamic loader, verifying a library, is the lightest program that always exists.

import { closeSync, openSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import { ownFiles } from '../../supervisor/contract/layout.ts';
import { hostProcessor } from '../../supervisor/contract/processors.ts';

const orphanCount = 1000;
const loader = `${ownFiles.libraries}/${hostProcessor.loader}`;

/** Returns the exit code. */
export function makeOrphans(native: Pick<Native, 'spawn'>): number {
	const none = openSync('/dev/null', 'r+');
	for (let count = 0; count < orphanCount; count += 1) {
		native.spawn({
			path: loader,
			args: [loader, '--verify', `${ownFiles.libraries}/libc.so.6`],
			env: [],
			stdio: [none, none, none],
		});
	}
	closeSync(none);
	return 0;
}
