// The functions that C++ exports: each returns a result >= 0, or a negative errno. Only the facade's files see them.

import type { blockDeviceCalls, RawMapperLoadCall } from './block-device-calls.ts';
import type { bpfCalls } from './bpf-calls.ts';
import type { RawCalls } from './call.ts';
import type { descriptorCalls, RawWatchCalls } from './descriptor-calls.ts';
import type { fileCalls } from './file-calls.ts';
import type { mountCalls } from './mount-calls.ts';
import type { RawErrors } from './outcome.ts';
import type { processCalls, RawReplacingCalls } from './process-calls.ts';
import type { socketCalls } from './socket-calls.ts';
import type { RawSpawnCalls } from './spawn-calls.ts';
import type { RawEndingCalls, survivalCalls } from './survival-calls.ts';
import type { RawLinkCalls, systemCalls } from './system-calls.ts';
import type { terminalCalls } from './terminal-calls.ts';

export interface Binding
	extends RawErrors,
		RawCalls<typeof mountCalls>,
		RawCalls<typeof processCalls>,
		RawCalls<typeof systemCalls>,
		RawCalls<typeof blockDeviceCalls>,
		RawCalls<typeof bpfCalls>,
		RawCalls<typeof fileCalls>,
		RawCalls<typeof descriptorCalls>,
		RawCalls<typeof terminalCalls>,
		RawCalls<typeof socketCalls>,
		RawCalls<typeof survivalCalls>,
		RawReplacingCalls,
		RawSpawnCalls,
		RawLinkCalls,
		RawMapperLoadCall,
		RawWatchCalls,
		RawEndingCalls {
	readonly constants: Readonly<Record<string, number>>;
}
