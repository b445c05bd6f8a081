// The type of a boot stage. stages.ts has the table of all stages; run-stages.ts runs them.

import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import type { KernelCommandLine } from '../../supervisor/contract/kernel-command-line.ts';
import type { BootState } from '../process/boot-state.ts';

export interface StageContext {
	readonly native: Native;
	readonly log: Log;
	readonly commandLine: KernelCommandLine;
	readonly state: BootState;
	/** To be called when there may be a new input device. */
	readonly onInputDevice: () => void;
}

/** Says in a few words for the console what a stage did, or why there was nothing to do. */
type StageResult =
	| { readonly state: 'done'; readonly message: string }
	| { readonly state: 'skipped'; readonly reason: string };

export interface Stage {
	readonly name: string;
	/** The boot ends when this stage fails: PID 1 stays alive, logs that and waits for a power-off. */
	readonly fatal: boolean;
	/** An asynchronous stage that takes longer fails. */
	readonly timeoutMs: number;
	/** May run again after a crash in the middle of it, so it first checks what exists already. */
	run(context: StageContext): StageResult | Promise<StageResult>;
	/** Does what no container waits for, once the services are started. It may run again after a crash. */
	soon?(context: StageContext): void;
	/** Does what can wait until the services have run for a while. It may run again after a crash. */
	later?(context: StageContext): void;
	/** Restores what belongs to the process and was lost in a crash, when the stage itself is done. */
	resume?(context: StageContext): void | Promise<void>;
}

export function done(message: string): StageResult {
	return { state: 'done', message };
}

export function skipped(reason: string): StageResult {
	return { state: 'skipped', reason };
}
