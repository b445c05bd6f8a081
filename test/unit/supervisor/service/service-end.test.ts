import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { identifyProcess } from '../../../../supervisor/process/process-identity.ts';
import { createServiceEnd } from '../../../../supervisor/service/service-end.ts';
import type { ServiceRecord } from '../../../../supervisor/service/service-record.ts';
import { serviceRules } from '../../../../supervisor/service/service-rules.ts';
import { INITIAL_STATE, type ServiceState } from '../../../../supervisor/service/service-state.ts';
import { fakeChildren } from '../../../helpers/fake-children.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';

const never = new Promise<never>(() => undefined);

async function endedProcess(): Promise<number> {
	const child: ChildProcess = spawn('true');
	await once(child, 'exit');
	return child.pid ?? 0;
}

/** Stops a service whose process is gone and whose time is over, and whose end containerd tells after so many looks. */
async function halt(t: ExecutionContext, toldAfterLooks: number, isBusy = false): Promise<readonly string[]> {
	const pid = await endedProcess();
	t.is(identifyProcess(pid), null);
	const events: string[] = [];
	let looks = 0;
	// Each question for the time takes half a second, a look two of them.
	let clockMs = 0;
	const record: ServiceRecord = {
		...{ process: { pid, startTicks: '1' }, sinceMs: 0, prepared: false, end: null },
		state: { ...INITIAL_STATE, phase: 'stopping', pid },
	};
	const { log } = fakeLog();
	const end = createServiceEnd(
		{
			...{ name: 'app', rules: serviceRules({ stop: { timeoutMs: 0 } }), record: () => record },
			heardMs: () => (isBusy ? clockMs : 0),
			dispatch: (event) =>
				void events.push('reason' in event ? `${event.event}: ${event.reason}` : event.event),
			until(settled: (state: ServiceState) => boolean) {
				looks += 1;
				return looks > toldAfterLooks && settled({ ...INITIAL_STATE, phase: 'stopped' })
					? Promise.resolve()
					: never;
			},
			background: () => undefined,
		},
		{
			...{ log, native: createFakeNative().native, children: fakeChildren(() => never).children },
			now: () => {
				clockMs += 500;
				return clockMs;
			},
			power: () => undefined,
		},
	);
	await end.halt();
	return events;
}

test('halt() lets containerd tell the end of a process that is gone, also when its time is over', async (t) => {
	t.deepEqual(await halt(t, 2), ['stop']);
});

test('halt() goes on without containerd when it does not tell', async (t) => {
	t.deepEqual(await halt(t, Number.POSITIVE_INFINITY), ['stop', 'exited: ended; containerd does not answer']);
});

test('halt() waits longer for a containerd that is busy with others', async (t) => {
	t.is((await halt(t, 6)).length, 2, 'a silent one has less');
	t.deepEqual(await halt(t, 6, true), ['stop']);
});

test('halt() does not wait for ever for a containerd that is busy with others', async (t) => {
	const events = await halt(t, Number.POSITIVE_INFINITY, true);
	t.deepEqual(events, ['stop', 'exited: ended; containerd does not answer']);
});
