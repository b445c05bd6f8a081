// What a boot stage is. The table of all stages is in stages.ts, what runs them in run-stages.ts.

import type { KernelCommandLine } from '../../native/linux/cmdline.ts';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import type { BootState } from '../process/boot-state.ts';

export interface StageContext {
	readonly native: Native;
	readonly log: Log;
	readonly commandLine: KernelCommandLine;
	readonly state: BootState;
}

/** What a stage did, in a few words for the console; or why there was nothing to do. */
type StageResult =
	| { readonly state: 'done'; readonly message: string }
	| { readonly state: 'skipped'; readonly reason: string };

export interface Stage {
	readonly name: string;
	/** The boot can't go on without it. PID 1 then stays alive, says so and waits for a power-off. */
	readonly fatal: boolean;
	/** An asynchronous stage that takes longer has failed. */
	readonly timeoutMs: number;
	/** May run again after a crash in the middle of it, so it starts by looking at what is there. */
	run(context: StageContext): StageResult | Promise<StageResult>;
	/** What can wait until the services have been up for a while. It may come again after a crash. */
	later?(context: StageContext): void;
	/** Sets up anew what belongs to the process and was lost with it, when the stage itself is done. */
	resume?(context: StageContext): void | Promise<void>;
}

export function done(message: string): StageResult {
	return { state: 'done', message };
}

export function skipped(reason: string): StageResult {
	return { state: 'skipped', reason };
}
