// `service boot`: what took how long, and the chain of what the system had to wait for. Pure; read off the events.

import type { GuestEventLine } from '../contract/events.ts';

/** The one stage that runs beside the others. */
const containerd = 'containerd';

export interface BootStep {
	readonly kind: 'stage' | 'onboot' | 'service';
	readonly name: string;
	/** Seconds since the kernel started. */
	readonly from: number;
	readonly to: number;
	readonly failed: boolean;
}

export interface BootReport {
	/** Until PID 1 spoke first. */
	readonly kernelSeconds: number | null;
	/** In the order of their ends. */
	readonly steps: readonly BootStep[];
	/** Until every service was ready; null when that has not come yet. */
	readonly readySeconds: number | null;
	/** What readiness waited for, in order: without any of these it would have come earlier. */
	readonly critical: readonly BootStep[];
}

/** @param after - what each service comes after */
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
			// Started again later, it is no part of the boot.
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
 * Stages and onboot containers run one after another, containerd comes up beside them; of the services, the last and
 * those that it came after.
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
