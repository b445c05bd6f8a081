import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { identifyProcess } from '../../../supervisor/process-identity.ts';
import { createServiceEnd } from '../../../supervisor/service-end.ts';
import type { ServiceRecord } from '../../../supervisor/service-record.ts';
import { serviceRules } from '../../../supervisor/service-rules.ts';
import { INITIAL_STATE, type ServiceState } from '../../../supervisor/service-state.ts';
import { fakeChildren } from './fakes/fake-children.ts';
import { fakeLog } from './fakes/fake-log.ts';
import { fakeNative } from './fakes/fake-native.ts';

const never = new Promise<never>(() => undefined);

async function endedProcess(): Promise<number> {
	const child: ChildProcess = spawn('true');
	await once(child, 'exit');
	return child.pid ?? 0;
}

/** Stops a service whose process is gone and whose time is over, and whose end containerd tells after so many looks. */
async function halt(t: ExecutionContext, toldAfterLooks: number): Promise<readonly string[]> {
	const pid = await endedProcess();
	t.is(identifyProcess(pid), null);
	const events: string[] = [];
	let looks = 0;
	const record: ServiceRecord = {
		...{ process: { pid, startTicks: '1' }, sinceMs: 0, prepared: false },
		state: { ...INITIAL_STATE, phase: 'stopping', pid },
	};
	const { log } = fakeLog();
	const end = createServiceEnd(
		{
			...{ name: 'app', rules: serviceRules({ stop: { timeoutMs: 0 } }), record: () => record },
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
			...{ log, native: fakeNative().native, children: fakeChildren(() => never).children },
			...{ now: () => performance.now(), power: () => undefined },
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
