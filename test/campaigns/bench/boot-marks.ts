// Divides the time of a boot: its parts in the guest's own clock (seconds of CLOCK_MONOTONIC), the same parts of ours and
// of the shell init's.

import type { GuestEventLine } from '../../../supervisor/contract/events.ts';

/** In the order of the boot; together they are the time from "Run /init" until the service runs. */
export const bootParts = [
	'init-start',
	'root-copy',
	'mounts-devices',
	'onboot',
	'containerd-up',
	'service-start',
] as const;

export type BootParts = Readonly<Record<(typeof bootParts)[number], number>>;

/** When the kernel ran /init, by the time that it prints before its messages. */
export function runInitSeconds(console: string): number {
	return Number(/\[ *([\d.]+)\] Run \/init as init process/.exec(console)?.[1] ?? Number.NaN);
}

/** Reads the parts of our init, which reports all of them as events. */
export function ourParts(console: string, events: readonly GuestEventLine[]): BootParts {
	const at = (match: (event: GuestEventLine) => boolean): number => events.findLast(match)?.at ?? Number.NaN;
	const stage = (name: string) => (event: GuestEventLine) => event.event === 'stage' && event.stage === name;
	const onboot = at((event) => event.event === 'onboot' && event.state === 'done');
	const containerd = Math.max(onboot, at(stage('containerd')));
	return partsBetween([
		runInitSeconds(console),
		at((event) => event.event === 'init'),
		at(stage('root')),
		at((event) => event.event === 'stage' && event.stage !== 'containerd'),
		onboot,
		containerd,
		at((event) => event.event === 'service' && event.name === 'redis' && event.state === 'running'),
	]);
}

/** Reads the parts of the shell init, which prints `bench: NAME UPTIME`. */
export function baselineParts(console: string): BootParts {
	const at = (name: string): number =>
		Number(new RegExp(`^bench: ${name} ([\\d.]+)`, 'm').exec(console)?.[1] ?? Number.NaN);
	const marks = ['begin', 'root-copy', 'mounts', 'onboot', 'containerd-up', 'service-start'];
	return partsBetween([runInitSeconds(console), ...marks.map(at)]);
}

function partsBetween(marks: readonly number[]): BootParts {
	const entries = bootParts.map((part, index) => [part, (marks[index + 1] ?? 0) - (marks[index] ?? 0)]);
	return Object.fromEntries(entries) as BootParts;
}
