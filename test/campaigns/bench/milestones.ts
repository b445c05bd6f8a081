// Reads from a guest when its boot passed each milestone, in seconds since the kernel's first line, by the guest's own clock. Ours
// and the shell init's milestones have the same names. Pure.

import type { GuestEventLine } from '../../../supervisor/contract/events.ts';

export interface Milestone {
	readonly name: string;
	readonly seconds: number;
}

/** The words for the kernel that make it print when a TCP port begins to listen, at the cost of a line. */
export const listenTrace = 'trace_event=sock:inet_sock_set_state tp_printk';

/** The port whose opening ends the boot. */
export const lastPort = 6379;

const listening = new RegExp(
	`^\\[ *([\\d.]+)\\] inet_sock_set_state: family=AF_INET .*\\bsport=${lastPort}\\b.* newstate=TCP_LISTEN`,
	'm',
);

/** Returns null while the port is closed. Needs `listenTrace`. */
export function portOpenSeconds(console: string): number | null {
	const seconds = listening.exec(console)?.[1];
	return seconds === undefined ? null : Number(seconds);
}

/** Returns the milestones of our init, which reports them as events, in the order in which they were passed. */
export function ourMilestones(console: string, events: readonly GuestEventLine[]): Milestone[] {
	const own = events.flatMap((event): Milestone[] => {
		const name = milestoneOf(event);
		return name === null ? [] : [{ name, seconds: event.at }];
	});
	return withKernels(console, own);
}

function milestoneOf(event: GuestEventLine): string | null {
	if (event.event === 'init') return 'init';
	if (event.event === 'stage') return event.state === 'done' ? event.stage : null;
	if (event.event === 'onboot') return event.state === 'done' ? event.name : null;
	if (event.event === 'service') return event.state === 'running' ? event.name : null;
	return null;
}

/** Returns the milestones of the shell init, which prints `bench: NAME UPTIME`. */
export function baselineMilestones(console: string): Milestone[] {
	const marks = console.matchAll(/^bench: (\S+) ([\d.]+)/gm);
	return withKernels(
		console,
		[...marks].map(([, name = '', seconds]) => ({ name, seconds: Number(seconds) })),
	);
}

function withKernels(console: string, own: readonly Milestone[]): Milestone[] {
	const runInit = /^\[ *([\d.]+)\] Run \/init as init process/m.exec(console)?.[1];
	const open = portOpenSeconds(console);
	return [
		...(runInit === undefined ? [] : [{ name: 'run-init', seconds: Number(runInit) }]),
		...own,
		...(open === null ? [] : [{ name: 'port-open', seconds: open }]),
	].toSorted((a, b) => a.seconds - b.seconds);
}

/** The parts of a boot, in their order, each with the milestone that ends it. */
export const bootParts = [
	{ name: 'kernel', end: 'run-init' },
	{ name: 'init-start', end: 'init' },
	{ name: 'root', end: 'root' },
	{ name: 'mounts-devices', end: 'devices' },
	{ name: 'onboot', end: '001-echo' },
	{ name: 'containerd', end: 'containerd' },
	{ name: 'service', end: 'port-open' },
] as const;

export type BootPart = (typeof bootParts)[number]['name'];

/**
 * Returns how long each part took. A part whose end lies before that of the part before it ran beside that one, and took no
 * time of its own. Returns null when a milestone is missing.
 */
export function partSeconds(
	milestones: readonly Milestone[],
): readonly { readonly name: BootPart; readonly seconds: number }[] | null {
	let before = 0;
	const parts: { name: BootPart; seconds: number }[] = [];
	for (const { name, end } of bootParts) {
		const at = milestones.find((each) => each.name === end)?.seconds;
		if (at === undefined) return null;
		parts.push({ name, seconds: Math.max(0, at - before) });
		before = Math.max(before, at);
	}
	return parts;
}
