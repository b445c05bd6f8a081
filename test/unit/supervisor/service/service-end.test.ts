import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { serviceRules } from '../../../../supervisor/contract/supervision.ts';
import { identifyProcess } from '../../../../supervisor/process/process-identity.ts';
import { type EndingUnit, halt } from '../../../../supervisor/service/service-end.ts';
import type { ServiceRecord } from '../../../../supervisor/service/service-record.ts';
import { initialState, type ServiceState } from '../../../../supervisor/service/service-state.ts';
import { fakeChildren } from '../../../helpers/fake-children.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';

const never = new Promise<never>(() => undefined);

async function endedProcess(): Promise<number> {
	const child: ChildProcess = spawn('true');
	await once(child, 'exit');
	return child.pid ?? 0;
}

/**
 * Stops a service whose process is gone and whose time is up. containerd reports the end when it is polled for the time
 * after `reportedAfterPolls`. Returns the events.
 */
async function haltEnded(
	t: ExecutionContext,
	reportedAfterPolls: number,
	isBusy = false,
	end: ServiceRecord['end'] = null,
): Promise<string[]> {
	const pid = await endedProcess();
	t.is(identifyProcess(pid), null);
	const events: string[] = [];
	let polls = 0;
	// Each reading of the clock takes half a second, a poll reads it twice.
	let clockMs = 0;
	const record: ServiceRecord = {
		state: { ...initialState, phase: 'stopping', pid },
		process: { pid, startTicks: '1' },
		sinceMs: 0,
		prepared: false,
		end,
		replacing: false,
	};
	const unit: EndingUnit = {
		name: 'app',
		rules: serviceRules({ stop: { timeoutMs: 0 } }),
		store: {
			current: () => record,
			until(isReached: (state: ServiceState) => boolean) {
				polls += 1;
				return polls > reportedAfterPolls && isReached({ ...initialState, phase: 'stopped' })
					? Promise.resolve()
					: never;
			},
		},
		surroundings: { containerdActiveAtMs: () => (isBusy ? clockMs : 0) },
		context: {
			log: fakeLog().log,
			native: createFakeNative().native,
			children: fakeChildren(() => never).children,
			now() {
				clockMs += 500;
				return clockMs;
			},
			power: () => undefined,
		},
		dispatch: (event) =>
			void events.push('reason' in event ? `${event.event}: ${event.reason}` : event.event),
		graceTimer: undefined,
		killedPid: null,
	};
	await halt(unit);
	return events;
}

test('halt() waits for containerd to report the end of a process that is gone, also when its time is up', async (t) => {
	t.deepEqual(await haltEnded(t, 2), ['stop']);
});

test('halt() continues without containerd when it does not report the end', async (t) => {
	t.deepEqual(await haltEnded(t, Number.POSITIVE_INFINITY), [
		'stop',
		'exited: ended; containerd does not answer',
	]);
});

test('halt() waits longer for a containerd that is busy with other services', async (t) => {
	t.is((await haltEnded(t, 6)).length, 2, 'a silent one has less');
	t.deepEqual(await haltEnded(t, 6, true), ['stop']);
});

test('halt() does not wait forever for a containerd that is busy with other services', async (t) => {
	const events = await haltEnded(t, Number.POSITIVE_INFINITY, true);
	t.deepEqual(events, ['stop', 'exited: ended; containerd does not answer']);
});

test('halt() tells how the service ended when containerd has told that and is only slow to remove it', async (t) => {
	const end = { reason: 'exit status 0', succeeded: true };
	const events = await haltEnded(t, Number.POSITIVE_INFINITY, false, end);
	t.deepEqual(events, ['stop', 'exited: exit status 0']);
});
