// Loads the addon and returns its typed facade. Each thread of a process may open it.

import type { Binding } from './binding.ts';
import { blockDeviceCalls, mapperLoadCall } from './block-device-calls.ts';
import { bpfCalls } from './bpf-calls.ts';
import { bindCalls } from './call.ts';
import { descriptorCalls, watchCalls } from './descriptor-calls.ts';
import { fileCalls } from './file-calls.ts';
import { mountCalls } from './mount-calls.ts';
import type { Native } from './native.ts';
import { Outcome } from './outcome.ts';
import { processCalls, replacingCalls } from './process-calls.ts';
import { socketCalls } from './socket-calls.ts';
import { spawnCalls } from './spawn-calls.ts';
import { endingCalls, survivalCalls } from './survival-calls.ts';
import { linkCalls, systemCalls } from './system-calls.ts';
import { terminalCalls } from './terminal-calls.ts';

/** @param addonPath - the file that tools/build/build-addon.ts makes; it must not lie on a noexec mount */
export function openNative(addonPath: string): Native {
	const loaded: { exports: unknown } = { exports: {} };
	process.dlopen(loaded, addonPath);
	// The tests check what C++ exports; there is no check at run time.
	const binding = loaded.exports as Binding;
	const outcome = new Outcome(binding);
	return {
		constants: binding.constants,
		...bindCalls(mountCalls, binding, outcome),
		...bindCalls(processCalls, binding, outcome),
		...bindCalls(systemCalls, binding, outcome),
		...bindCalls(blockDeviceCalls, binding, outcome),
		...bindCalls(bpfCalls, binding, outcome),
		...bindCalls(fileCalls, binding, outcome),
		...bindCalls(descriptorCalls, binding, outcome),
		...bindCalls(terminalCalls, binding, outcome),
		...bindCalls(socketCalls, binding, outcome),
		...bindCalls(survivalCalls, binding, outcome),
		...replacingCalls(binding, outcome, addonPath),
		...spawnCalls(binding, outcome),
		...linkCalls(binding, outcome),
		...mapperLoadCall(binding, outcome),
		...watchCalls(binding, outcome),
		...endingCalls(binding, outcome),
	};
}
