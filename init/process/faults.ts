// Provokes real crashes, for the tests of PID 1's survival. Only `slipway.faults=1` allows it.

import { closeSync, openSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import type { ChildProcesses } from '../../supervisor/context/child-processes.ts';
import type { HostCommand } from '../../supervisor/contract/events.ts';

type FaultKind = Extract<HostCommand, { command: 'fault' }>['kind'];

export function provokeFault(
	kind: FaultKind,
	native: Pick<Native, 'crashNow'>,
	children: ChildProcesses,
): void {
	const faults: Readonly<Record<FaultKind, () => void>> = {
		segv: () => native.crashNow(),
		abort: () => process.abort(),
		heap: fillHeap,
		hang: () => {
			for (;;);
		},
		throw: () =>
			void setTimeout(() => {
				throw new Error('A fault on demand: nobody catches this error.');
			}, 0),
		// The program's children outlive it, so they become PID 1's.
		orphans: () => startProgram(children, 'orphans'),
	};
	faults[kind]();
}

/** Allocates until V8 aborts. `--max-old-space-size` limits the heap, so the machine keeps its memory. */
function fillHeap(): never {
	const kept: unknown[] = [];
	for (;;) kept.push(new Array(100_000).fill(kept.length));
}

/** Starts our own executable under another of its names: no other program is sure to exist. */
function startProgram(children: ChildProcesses, name: string): void {
	const none = openSync('/dev/null', 'r+');
	try {
		children.start({ path: '/proc/self/exe', args: [name], env: [], stdio: [none, none, none] });
	} finally {
		closeSync(none);
	}
}
