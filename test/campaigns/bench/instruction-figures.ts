// The boot in a clock that counts instructions: QEMU's `-icount shift=2` makes 4 ns of the guest's time of each, and `sleep=off`
// jumps over idle time. Other work on the host does not change the figures, so the boots run two at a time.
//
// Two processors are counted: QEMU's `max`, on which the kernel clears and copies memory by an instruction for each byte, and that
// of `slipway run`, which hides this way from the kernel. Ours is counted a second time with the onboot containers run by the
// built-in engine in place of runc, beside the same baseline.
//
// Nothing in the machine waits for the host, because that time would not be counted: the network card is connected to nothing,
// and there is no disk. The kernel itself tells when Redis' port opens.

import { hostProcessor } from '../../../supervisor/contract/processors.ts';
import { type Machine, startQemu } from '../../../tools/machine/machine.ts';
import type { MachinePlace } from '../../../tools/machine/machine-directories.ts';
import { stoppingOnSignals } from '../../../tools/machine/machine-end.ts';
import { portArguments } from '../../../tools/machine/qemu-arguments.ts';
import { findSystem, type SystemFiles } from '../../../tools/machine/system-files.ts';
import type { BootSystems, Side } from './boot-systems.ts';
import { type Figure, figure } from './figure.ts';
import {
	baselineMilestones,
	listenTrace,
	type Milestone,
	ourMilestones,
	portOpenSeconds,
} from './milestones.ts';
import { watchConsole } from './watch-console.ts';

const runs = 3;
const usualMegabytes = 1024;

/** Goes before a milestone's name in the name of its figure. */
export const instructionsPrefix = 'instructions: ';

const processors = [
	{ prefix: instructionsPrefix, enginePrefix: 'instructions, by engine: ', cpu: 'max' },
	{
		prefix: 'instructions, as run: ',
		enginePrefix: 'instructions, as run, by engine: ',
		cpu: hostProcessor.qemu.emulatedCpu,
	},
] as const;

export async function instructionFigures(
	systems: BootSystems,
	note: (figure: Figure) => void,
): Promise<void> {
	for (const each of processors) await figuresOf(systems, each, note);
}

async function figuresOf(
	{ names }: BootSystems,
	{ prefix, enginePrefix, cpu }: (typeof processors)[number],
	note: (figure: Figure) => void,
): Promise<void> {
	const ours: Milestone[][] = [];
	const byEngine: Milestone[][] = [];
	const baseline: Milestone[][] = [];
	for (let run = 0; run < runs; run++) {
		const [our, theirs] = await Promise.all([
			countedBoot(names.ours, 'ours', { cpu }),
			countedBoot(names.baseline, 'baseline', { cpu }),
		]);
		ours.push(our);
		baseline.push(theirs);
		byEngine.push(await countedBoot(names.ours, 'ours', { cpu, append: 'slipway.runtime=builtin' }));
	}
	const valuesOf = (boots: readonly Milestone[][], name: string): number[] =>
		boots.flatMap((boot) => boot.find((each) => each.name === name)?.seconds ?? []);
	for (const { name } of ours[0] ?? []) {
		const theirs = valuesOf(baseline, name);
		note(figure(prefix + name, 's', valuesOf(ours, name), theirs));
		note(figure(enginePrefix + name, 's', valuesOf(byEngine, name), theirs));
	}
}

async function countedBoot(name: string, side: Side, options: CountingOptions): Promise<Milestone[]> {
	const system = findSystem(name);
	const machine = await startQemu((place) => countingMachine(system, place, options));
	const console = watchConsole(machine);
	return await stoppingOnSignals(machine, async () => {
		await console.until(`Redis' open port (${side})`, (text) => portOpenSeconds(text) !== null);
		if (side === 'ours') await eventOfReady(machine);
		else await console.until('the last mark', (text) => /^bench: redis [\d.]+\r?\n/m.test(text));
		return side === 'ours'
			? ourMilestones(console.text(), machine.events)
			: baselineMilestones(console.text());
	});
}

async function eventOfReady(machine: Machine): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	const look = (): void => {
		if (machine.events.some(({ event }) => event === 'ready')) resolve();
	};
	machine.emitter.on('event', look);
	look();
	await Promise.race([promise, machine.exited]);
	machine.emitter.off('event', look);
}

interface CountingOptions {
	readonly cpu?: string;
	readonly memoryMegabytes?: number;
	/** More words for the kernel. */
	readonly append?: string;
}

/** The machine of all figures that count instructions. */
export function countingMachine(
	{ kernel, initrd, commandLine }: SystemFiles,
	place: MachinePlace,
	{ cpu = 'max', memoryMegabytes = usualMegabytes, append = '' }: CountingOptions = {},
): string[] {
	return [
		...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
		...['-machine', 'q35', '-smp', '1', '-m', String(memoryMegabytes), '-cpu', cpu],
		...['-accel', 'tcg,thread=single', '-icount', 'shift=2,sleep=off'],
		...portArguments(place),
		// Without `ioeventfd` the card is served in the processor's own thread.
		...['-netdev', 'hubport,hubid=0,id=net0', '-device', 'virtio-net-pci,netdev=net0,romfile=,ioeventfd=off'],
		...['-kernel', kernel, '-initrd', initrd],
		...['-append', `${commandLine} slipway.events=ttyS1 ${listenTrace} ${append}`.trimEnd()],
	];
}
