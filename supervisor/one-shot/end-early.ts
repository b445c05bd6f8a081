// Waits for an onboot or onshutdown container, and ends it when its time is up or a stop is requested.

import type { ChildExit } from '../../native/native.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { Child } from '../context/child-processes.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import type { GuestPaths } from '../contract/layout.ts';
import { identifyProcess } from '../process/process-identity.ts';
import { terminate } from '../process/terminate.ts';
import { within } from '../process/timeout.ts';
import { createRunc } from './runc.ts';

/** The time for runc to kill a container and remove its state. */
const deleteTimeoutMs = 2000;

export interface StopRequest {
	isMade(): boolean;
	/** Resolves to the time between SIGTERM and SIGKILL once the request is made. */
	readonly graceMs: Promise<number>;
	make(graceMs: number): void;
}

export function createStopRequest(): StopRequest {
	const { promise, resolve } = Promise.withResolvers<number>();
	let made = false;
	return {
		isMade: () => made,
		graceMs: promise,
		make(graceMs) {
			made = true;
			resolve(graceMs);
		},
	};
}

export interface EarlyEnd {
	readonly context: SupervisorContext;
	readonly paths: GuestPaths;
	/** Is Infinity without a limit. */
	readonly deadlineMs: number;
	readonly stop: StopRequest;
	/** Kills the container if it runs, and removes its state. Bounded. Does nothing when there is no container. */
	remove(bundle: Bundle): Promise<void>;
}

export interface OneShotRun extends EarlyEnd {
	/** Records that the container runs. `pid` is null until its process is known. */
	noteRunning(pid: number | null): void;
}

/**
 * Returns null when the container was ended early; it is removed then.
 *
 * @param child - its first process, or the runc that forwards signals to that process and ends with it
 */
export async function waitFor(child: Child, bundle: Bundle, end: EarlyEnd): Promise<ChildExit | null> {
	const { context, deadlineMs, stop } = end;
	const ended = child.exited.then((exit) => ({ exit, graceMs: 0 }));
	const stopped = stop.graceMs.then((graceMs) => ({ exit: null, graceMs }));
	const waited = await within(Promise.race([ended, stopped]), deadlineMs - context.now());
	if (waited.done && waited.value.exit !== null) return waited.value.exit;
	if (waited.done) await askToEnd(child, waited.value.graceMs, context);
	await end.remove(bundle);
	return null;
}

/** Kills a container of runc's if it runs. Bounded. Does nothing when there is no container. */
export async function removeByRunc(
	bundle: Bundle,
	context: SupervisorContext,
	paths: GuestPaths,
): Promise<void> {
	await within(createRunc(context.children, paths).deleteForced(bundle).exited, deleteTimeoutMs);
}

async function askToEnd(child: Child, graceMs: number, { native }: SupervisorContext): Promise<void> {
	const process = identifyProcess(child.pid);
	if (process === null) return;
	let over = false;
	const graceOver = within(child.exited, graceMs).then(() => {
		over = true;
	});
	await Promise.all([graceOver, terminate(native, process, () => !over)]);
}
