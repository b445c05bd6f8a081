// Brings a system up in the background: build, boot, ports, ready. It is the story of `slipway up`.

import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { SlipwayError } from '../errors.ts';
import { describeMachine } from '../machine/describe-machine.ts';
import { stopMachine } from '../machine/end-machine.ts';
import type { MachineBases } from '../machine/machine-directories.ts';
import { listMachines } from '../machine/machine-state.ts';
import { type NamedMachine, nameMachine } from '../machine/named-machine.ts';
import { runDetached } from '../machine/run-machine.ts';
import { hopelessness } from '../machine/wait-until-ready.ts';
import type { Plan } from '../resolve/plan.ts';
import type { Streams } from '../terminal/streams.ts';
import { buildFiles } from './build-files.ts';
import type { SystemOptions } from './system-options.ts';
import { addressLines, publishServed } from './system-ports.ts';

const stopGraceMs = 60_000;

/**
 * Resolves with the machine once it is ready.
 *
 * @param folder - the directory of the outputs
 */
export async function bringUp(
	bases: MachineBases,
	options: SystemOptions,
	folder: string,
	streams: Streams,
): Promise<NamedMachine> {
	// A wrong option is known before a build that takes minutes.
	options.machineRequest(folder);
	const { plan } = await buildFiles(options.buildOptions(folder), streams);
	return await bootBuilt(bases, options, folder, plan, streams);
}

/** Boots the outputs of a build; a machine of that name that runs is powered off first. Prints the addresses. */
export async function bootBuilt(
	bases: MachineBases,
	options: SystemOptions,
	folder: string,
	plan: Plan,
	streams: Streams,
): Promise<NamedMachine> {
	await endRunning(bases, options.name, streams);
	const asked = options.machineRequest(folder);
	const request = { ...asked, publish: await publishServed(plan, asked.publish, true) };
	const named = await nameMachine(bases, options.name, request, describeMachine(request), false);
	// A boot goes on after an onboot container that failed, but a service that failed for good never becomes ready.
	const givesUp = (event: GuestEventLine) => (event.event === 'service' ? hopelessness(event) : null);
	await runDetached(named, { timeoutMs: options.readyTimeoutMs, givesUp }, streams);
	for (const line of addressLines(request.publish)) streams.out.write(`${line}\n`);
	return named;
}

async function endRunning(bases: MachineBases, name: string, streams: Streams): Promise<void> {
	const entry = listMachines(bases).find(({ record, isUp }) => isUp && record.name === name);
	if (entry === undefined) return;
	if (entry.record.attached || entry.pid === null) {
		throw new SlipwayError(
			'BAD_INPUT',
			`A machine named ${name} runs in the foreground of another command. End it there, or write another --name.`,
		);
	}
	streams.err.write(`${name}: ${await stopMachine(entry, stopGraceMs)}\n`);
}
