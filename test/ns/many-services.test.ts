// 200 services at once: all of them come, all of them go, and PID 1 stays small.

import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { comesAfter, startMany } from './many-services.ts';
import { processesNaming } from './supervised-guest.ts';

const count = 200;
/** PID 1 with nothing to supervise has about 40, and a service should not cost a tenth of one. */
const mostMegabytes = 60 + count * 0.25;

test.serial(`${count} services start, run and end, in the order of "after", and leave nothing`, async (t) => {
	const { guest, names, firstSeconds, lastSeconds, megabytes } = await startMany(t, count);
	const inState = (state: string) =>
		guest.lines.flatMap((line) => (line.event === 'service' && line.state === state ? [line.name] : []));
	t.deepEqual(inState('running').toSorted(), names);
	t.deepEqual([...inState('backoff'), ...inState('failed')], []);
	t.true(megabytes.pid1 < mostMegabytes, `${megabytes.pid1} MB`);
	await guest.command('stop', 120_000);
	t.deepEqual(inState('stopped').toSorted(), names);
	for (const name of names) {
		const before = comesAfter(names, name);
		if (before === null) continue;
		t.true(isBefore(inState('running'), before, name));
		t.true(isBefore(inState('stopped'), name, before));
	}
	// A shim ends by itself when it has sent all its events.
	await eventually(async () => (processesNaming(guest.root, guest.id).length === 0 ? true : null));
	const each = (value: number, unit: string): string => `${((value * 1000) / count).toFixed(0)} ${unit}`;
	t.log(
		`${count} services: the first runs after ${firstSeconds.toFixed(1)} s, the last after ${lastSeconds.toFixed(1)} s,`,
		`${each(lastSeconds, 'ms')} each; of memory PID 1 has ${megabytes.pid1.toFixed(0)} MB,`,
		`containerd ${each(megabytes.containerd, 'KB')} and a shim ${each(megabytes.shims, 'KB')} a service`,
	);
});

function isBefore(names: readonly (string | undefined)[], one: string, other: string): boolean {
	return names.indexOf(one) < names.indexOf(other);
}
