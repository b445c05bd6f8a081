// The cost of two onboot containers by the built-in engine and by runc, in the clock that counts instructions. Nothing else runs
// meanwhile: there is no containerd, which would start beside them.

import { readFileSync } from 'node:fs';
import type { GuestEventLine } from '../../../supervisor/contract/events.ts';
import { startQemu } from '../../../tools/machine/machine.ts';
import { stoppingOnSignals } from '../../../tools/machine/machine-end.ts';
import { findSystem } from '../../../tools/machine/system-files.ts';
import { ownStore } from '../../helpers/own-store.ts';
import { buildSystem } from '../../helpers/system.ts';
import { putTestImage } from '../../helpers/tar.ts';
import { type Figure, figure } from './figure.ts';
import { countingMachine, instructionsPrefix } from './instruction-figures.ts';

const runs = 3;
const containers = ['000-one', '001-two'];

const yaml = (runtime: string): string => `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0 slipway.runtime=${runtime}
init: [slipway/init:v1, slipway/runc:v1]
onboot:
  - {name: one, image: bench/busybox:v1, command: [/bin/busybox, echo, done]}
  - {name: two, image: bench/busybox:v1, command: [/bin/busybox, echo, done]}
`;

/** The baseline is runc. */
export async function engineFigures(note: (figure: Figure) => void): Promise<void> {
	const store = await ownStore('bench-engine');
	const busybox = readFileSync('/bin/busybox') as unknown as string;
	await putTestImage(store, 'bench/busybox:v1', [{ name: 'bin/busybox', body: busybox, mode: 0o755 }], {});
	const build = async (runtime: string): Promise<string> =>
		await buildSystem(
			`bench-engine-${runtime}`,
			yaml(runtime),
			'--cache',
			store.folder,
			'--root',
			'squashfs',
		);
	const [builtin, runc] = [await build('builtin'), await build('runc')];
	const seconds: [builtin: number[], runc: number[]] = [[], []];
	for (let run = 0; run < runs; run++) {
		seconds[0].push(await onbootSeconds(builtin));
		seconds[1].push(await onbootSeconds(runc));
	}
	note(figure(`${instructionsPrefix}onboot by builtin, runc`, 's', ...seconds));
}

/** From the start of each container, its mounts included, to the end of its program. */
async function onbootSeconds(name: string): Promise<number> {
	const system = findSystem(name);
	const machine = await startQemu((place) => countingMachine(system, place));
	return await stoppingOnSignals(machine, async () => {
		const { promise, resolve } = Promise.withResolvers<void>();
		const durations = (): number[] => machine.events.flatMap(durationOf);
		const look = (): void => {
			if (durations().length === containers.length) resolve();
		};
		machine.emitter.on('event', look);
		look();
		await Promise.race([promise, machine.exited]);
		machine.emitter.off('event', look);
		if (durations().length < containers.length)
			throw new Error(`${name}: an onboot container did not end well`);
		return durations().reduce((sum, each) => sum + each, 0) / 1000;
	});
}

function durationOf(event: GuestEventLine): number[] {
	if (event.event !== 'onboot' || event.state !== 'done' || !containers.includes(event.name)) return [];
	return event.durationMs === undefined ? [] : [event.durationMs];
}
