// What a service costs in time to start and in memory, with few and with many of them: under the supervisor with the
// real runc and containerd, on the machine itself.

import { type ManyServices, startMany } from '../ns/many-services.ts';
import { missingForGuest } from '../ns/supervised-guest.ts';
import { type Figure, figure } from './figure.ts';

const counts = [1, 10, 100];
const runs = 3;

export async function scaleFigures(note: (figure: Figure) => void): Promise<void> {
	const missing = missingForGuest();
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
}

async function startAndEnd(count: number): Promise<ManyServices> {
	const ends: (() => unknown)[] = [];
	try {
		const services = await startMany({ teardown: (end) => void ends.push(end) }, count);
		await services.guest.command('stop', 300_000);
		return services;
	} finally {
		for (const end of ends) await end();
	}
}
