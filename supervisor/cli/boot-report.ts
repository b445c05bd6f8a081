// `service boot`: how long each step of the boot took, and the chain of steps that readiness waited for, computed from the
// events. Pure.

import { printable } from '../../native/text/printable.ts';
import type { GuestEventLine } from '../contract/events.ts';
import { table } from './tables.ts';

/** The one stage that runs in parallel to the others. */
const containerd = 'containerd';

interface BootStep {
	readonly kind: 'stage' | 'onboot' | 'service';
	readonly name: string;
	/** Seconds since the start of the kernel. */
	readonly from: number;
	readonly to: number;
	readonly failed: boolean;
}

interface BootReport {
	/** The time of PID 1's first event. */
	readonly kernelSeconds: number | null;
	/** The steps in the order of their ends. */
	readonly steps: readonly BootStep[];
	/** The time at which every service was ready; null until then. */
	readonly readySeconds: number | null;
	/** The steps that readiness waited for, in order. */
	readonly critical: readonly BootStep[];
}

/** @param after - the services that each service waits for */
export function bootReport(
	events: readonly GuestEventLine[],
	after: ReadonlyMap<string, readonly string[]>,
): BootReport {
	const first = events.find((event) => event.event === 'init' && !event.resumed);
	const ready = events.find((event) => event.event === 'ready');
	const steps: BootStep[] = [];
	const starts = new Map<string, number>();
	for (const event of events) {
		if (event.event === 'stage' && event.state !== 'skipped') {
			// A later start is no part of the boot.
			if (event.stage === containerd && steps.some(({ name }) => name === containerd)) continue;
			steps.push(step('stage', event.stage, event.at - event.durationMs / 1000, event));
		} else if (event.event === 'onboot') {
			if (event.state !== 'started') {
				steps.push(step('onboot', event.name, event.at - (event.durationMs ?? 0) / 1000, event));
			}
		} else if (event.event === 'service') {
			if (event.state === 'starting' && !starts.has(event.name)) starts.set(event.name, event.at);
			const from = starts.get(event.name);
			const isKnown = steps.some(({ kind, name }) => kind === 'service' && name === event.name);
			if (event.ready === true && from !== undefined && !isKnown)
				steps.push(step('service', event.name, from, event));
		}
	}
	return {
		kernelSeconds: first?.at ?? null,
		steps,
		readySeconds: ready?.at ?? null,
		critical: criticalChain(steps, after),
	};
}

function step(kind: BootStep['kind'], name: string, from: number, event: GuestEventLine): BootStep {
	return { kind, name, from, to: event.at, failed: 'state' in event && event.state === 'failed' };
}

/**
 * Stages and onboot containers run one after another, and containerd starts in parallel to them. Of the services, the chain has
 * the last one and those that it waited for.
 */
function criticalChain(
	steps: readonly BootStep[],
	after: ReadonlyMap<string, readonly string[]>,
): readonly BootStep[] {
	const services = steps.filter(({ kind }) => kind === 'service');
	const chain: BootStep[] = [];
	let last = latest(services);
	while (last !== undefined && !chain.includes(last)) {
		chain.unshift(last);
		const before = after.get(last.name) ?? [];
		last = latest(services.filter(({ name }) => before.includes(name)));
	}
	const inOrder = steps.filter(({ kind, name }) => kind !== 'service' && name !== containerd);
	const answers = steps.filter(({ kind, name, to }) => {
		return kind === 'stage' && name === containerd && to > (latest(inOrder)?.to ?? 0);
	});
	return [...inOrder, ...answers, ...chain];
}

function latest(steps: readonly BootStep[]): BootStep | undefined {
	return steps.reduce<BootStep | undefined>(
		(last, each) => (last === undefined || each.to > last.to ? each : last),
		undefined,
	);
}

/** Formats the report for people. */
export function bootText({ kernelSeconds, steps, readySeconds, critical }: BootReport): string {
	const kernel = kernelSeconds === null ? [] : [['', 'kernel', seconds(kernelSeconds), seconds(0), '']];
	const rows = steps.map((step) => [
		critical.includes(step) ? '*' : '',
		step.kind === 'stage' ? step.name : `${step.kind} ${step.name}`,
		seconds(step.to - step.from),
		seconds(step.from),
		step.failed ? 'FAILED' : '',
	]);
	const end =
		readySeconds === null
			? 'The system is not ready: a service does not run, or does not say that it works.\n'
			: `Ready ${seconds(readySeconds)} after the kernel's start. * is what that waited for${lastOf(critical)}.\n`;
	return `${table([['', 'WHAT', 'TOOK', 'FROM', ''], ...kernel, ...rows])}${end}`;
}

function lastOf(critical: readonly BootStep[]): string {
	const longest = critical.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0];
	if (longest === undefined) return '';
	return `, most of all ${printable(longest.name)} (${seconds(longest.to - longest.from)})`;
}

function seconds(value: number): string {
	return `${Math.max(0, value).toFixed(3)} s`;
}
