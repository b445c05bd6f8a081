// Measures the start time and the memory of a service, and the time of an onboot container, with few and with
// many of them: under the supervisor with the real runc and containerd, on the machine itself.

import { missingFor } from '../../helpers/suite-needs.ts';
import { type ManyServices, startMany } from '../../ns/many-services.ts';
import { startGuest, writable } from '../../ns/supervised-guest.ts';
import { type Figure, figure } from './figure.ts';

const counts = [1, 10, 100];
const runs = 3;
const timeoutMs = 300_000;

export async function scaleFigures(note: (figure: Figure) => void): Promise<void> {
	const missing = missingFor('ns');
	if (missing !== null) throw new Error(`The scale can't be measured: ${missing}.`);
	for (const count of counts) {
		const all: ManyServices[] = [];
		for (let run = 0; run < runs; run++) all.push(await startAndEnd(count));
		const title = `${count} service${count === 1 ? '' : 's'}`;
		const values: readonly [string, Figure['unit'], (services: ManyServices) => number][] = [
			['the first runs', 's', ({ firstSeconds }) => firstSeconds],
			['start of each', 's', ({ lastSeconds }) => lastSeconds / count],
			['PID 1', 'MB', ({ megabytes }) => megabytes.pid1],
			['containerd', 'MB', ({ megabytes }) => megabytes.containerd],
			['shim of each', 'MB', ({ megabytes }) => megabytes.shims / count],
		];
		for (const [what, unit, value] of values) note(figure(`${title}, ${what}`, unit, all.map(value)));
	}
	for (const count of counts) {
		const seconds: number[] = [];
		for (let run = 0; run < runs; run++) seconds.push((await runOnboot(count)) / count);
		note(figure(`${count} onboot container${count === 1 ? '' : 's'}, each`, 's', seconds));
	}
}

/** The seconds for all of them, one after another. */
async function runOnboot(count: number): Promise<number> {
	return await ending(async (t) => {
		const guest = await startGuest(t);
		for (let index = 0; index < count; index++) {
			const place = `onboot/${String(index).padStart(3, '0')}-done`;
			guest.addBundle(place, 'exit 0', writable(`${guest.root}/containers/${place}`));
		}
		const startedAt = performance.now();
		await guest.command('onboot', timeoutMs);
		return (performance.now() - startedAt) / 1000;
	});
}

async function startAndEnd(count: number): Promise<ManyServices> {
	return await ending(async (t) => {
		const services = await startMany(t, count);
		await services.guest.command('stop', timeoutMs);
		return services;
	});
}

/** With what a test has for what must be undone. */
async function ending<Result>(
	measure: (t: { teardown(end: () => unknown): void }) => Promise<Result>,
): Promise<Result> {
	const ends: (() => unknown)[] = [];
	try {
		return await measure({ teardown: (end) => void ends.push(end) });
	} finally {
		for (const end of ends) await end();
	}
}
