import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { guestClock, watchMachines } from '../../../../tools/dashboard/machine-systems.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { addMachine, eventLine, machineBasesIn, startLine } from '../../../helpers/recorded-machine.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

function place(t: ExecutionContext, only: string | null) {
	const bases = machineBasesIn(scratchFolder(t));
	return {
		bases,
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
	const { bases, watch } = place(t, null);
	const log = join(addMachine(bases, 'os'), 'events.log');
	const stage = eventLine(3, { event: 'stage', stage: 'modules', state: 'done', durationMs: 1 });
	writeFileSync(log, startLine + eventLine(2, { event: 'ready' }) + stage.repeat(60_000));
	const [system] = watch().list();
	await eventually(() => (system?.events.length ?? 0) > 1000);
	t.deepEqual(
		system?.events.slice(0, 3).map(({ event }) => event),
		['init', 'ready', 'stage'],
	);
});

test('watchMachines() follows events and console of a machine, and sees its end', async (t) => {
	const { bases, watch } = place(t, null);
	const state = addMachine(bases, 'os');
	const systems = watch();
	const [system] = systems.list();
	t.is(system?.name, 'os');
	await eventually(() => system?.events.length === 1, { pauseMs: 20 });
	t.is(system?.consoleTail().toString(), 'hello\n');
	appendFileSync(join(state, 'events.log'), eventLine(2, { event: 'ready' }));
	appendFileSync(join(state, 'console.log'), 'more\n');
	await eventually(() => system?.events.length === 2, { pauseMs: 20 });
	await eventually(() => system?.consoleTail().toString() === 'hello\nmore\n', { pauseMs: 20 });
	addMachine(bases, 'os', undefined, 'it was killed');
	await eventually(() => system?.isUp === false, { pauseMs: 20 });
	t.is(systems.list()[0], system, 'what has ended stays to be looked at');
});

test('watchMachines() finds new machines, replaces one that was started again and drops one that is removed', async (t) => {
	const { bases, watch } = place(t, null);
	addMachine(bases, 'old', undefined, 'it was killed');
	const systems = watch();
	t.deepEqual(systems.list(), [], 'one that had ended before is not shown');
	const state = addMachine(bases, 'os');
	await eventually(() => systems.list().length === 1, { pauseMs: 20 });
	const [first] = systems.list();
	addMachine(bases, 'os', '2026-01-02T00:00:00Z');
	await eventually(() => systems.list()[0] !== first && systems.list().length === 1, { pauseMs: 20 });
	rmSync(state, { recursive: true });
	await eventually(() => systems.list().length === 0, { pauseMs: 20 });
	t.deepEqual(systems.list(), []);
});

test('watchMachines() of one name shows that machine alone, also when it has ended', (t) => {
	const { bases, watch } = place(t, 'old');
	addMachine(bases, 'old', undefined, 'it was killed');
	addMachine(bases, 'os');
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
