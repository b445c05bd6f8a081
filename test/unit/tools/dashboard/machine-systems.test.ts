import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { GuestEvent } from '../../../../supervisor/contract/events.ts';
import { guestClock, watchMachines } from '../../../../tools/dashboard/machine-systems.ts';
import { processName } from '../../../../tools/files/process-name.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

function line(at: number, event: GuestEvent): string {
	return `${JSON.stringify({ ...event, at, msg: '' })}\n`;
}

const start = line(1, { event: 'init', resumed: false, version: '1' });

/** A machine that this process is about to start, which counts as one that runs. */
function addMachine(
	folder: string,
	name: string,
	startedAt = '2026-01-01T00:00:00Z',
	ended: string | null = null,
): string {
	const state = join(folder, 'state', name);
	mkdirSync(state, { recursive: true });
	const record = {
		version: 1,
		name,
		runtime: join(folder, 'run', name),
		attached: true,
		starter: processName(process.pid),
		startedAt,
		started: false,
		request: { name, publish: [], disks: [] },
		ended,
	};
	writeFileSync(join(state, 'events.log'), start);
	writeFileSync(join(state, 'console.log'), 'hello\n');
	writeFileSync(join(state, 'machine.json'), JSON.stringify(record));
	return state;
}

function place(t: ExecutionContext, only: string | null) {
	const folder = scratchFolder(t);
	mkdirSync(join(folder, 'state'), { recursive: true });
	const bases = { runtime: join(folder, 'run'), state: join(folder, 'state') };
	return {
		folder,
		watch() {
			const systems = watchMachines(bases, only, {
				service: async () => 0,
			});
			t.teardown(() => systems.close());
			return systems;
		},
	};
}

test('watchMachines() knows that a machine that has long run is ready', async (t) => {
	const { folder, watch } = place(t, null);
	const log = join(addMachine(folder, 'os'), 'events.log');
	const stage = line(3, { event: 'stage', stage: 'modules', state: 'done', durationMs: 1 });
	writeFileSync(log, start + line(2, { event: 'ready' }) + stage.repeat(60_000));
	const [system] = watch().list();
	await eventually(() => (system?.events.length ?? 0) > 1000);
	t.deepEqual(
		system?.events.slice(0, 3).map(({ event }) => event),
		['init', 'ready', 'stage'],
	);
});

test('watchMachines() follows events and console of a machine, and sees its end', async (t) => {
	const { folder, watch } = place(t, null);
	const state = addMachine(folder, 'os');
	const systems = watch();
	const [system] = systems.list();
	t.is(system?.name, 'os');
	await eventually(() => system?.events.length === 1, { pauseMs: 20 });
	t.is(system?.consoleTail().toString(), 'hello\n');
	appendFileSync(join(state, 'events.log'), line(2, { event: 'ready' }));
	appendFileSync(join(state, 'console.log'), 'more\n');
	await eventually(() => system?.events.length === 2, { pauseMs: 20 });
	await eventually(() => system?.consoleTail().toString() === 'hello\nmore\n', { pauseMs: 20 });
	addMachine(folder, 'os', undefined, 'it was killed');
	await eventually(() => system?.isUp === false, { pauseMs: 20 });
	t.is(systems.list()[0], system, 'what has ended stays to be looked at');
});

test('watchMachines() finds new machines, replaces one that was started again and drops one that is removed', async (t) => {
	const { folder, watch } = place(t, null);
	addMachine(folder, 'old', undefined, 'it was killed');
	const systems = watch();
	t.deepEqual(systems.list(), [], 'one that had ended before is not shown');
	const state = addMachine(folder, 'os');
	await eventually(() => systems.list().length === 1, { pauseMs: 20 });
	const [first] = systems.list();
	addMachine(folder, 'os', '2026-01-02T00:00:00Z');
	await eventually(() => systems.list()[0] !== first && systems.list().length === 1, { pauseMs: 20 });
	rmSync(state, { recursive: true });
	await eventually(() => systems.list().length === 0, { pauseMs: 20 });
	t.deepEqual(systems.list(), []);
});

test('watchMachines() of one name shows that machine alone, also when it has ended', (t) => {
	const { folder, watch } = place(t, 'old');
	addMachine(folder, 'old', undefined, 'it was killed');
	addMachine(folder, 'os');
	t.deepEqual(
		watch()
			.list()
			.map(({ name, isUp }) => [name, isUp]),
		[['old', false]],
	);
});

test('guestClock() takes the event that came soonest, and starts anew with a boot', (t) => {
	const clock = guestClock(500);
	const init = { event: 'init', resumed: false, version: '1', at: 1, msg: '' } as const;
	const ready = { event: 'ready', at: 3, msg: '' } as const;
	t.is(clock.bootedAtMs(), 500);
	clock.add(init, 3000);
	clock.add(ready, 4500);
	clock.add(ready, 6000);
	t.is(clock.bootedAtMs(), 1500);
	clock.add(init, 100_000);
	t.is(clock.bootedAtMs(), 99_000);
});
