// Waits for the guest's own word that all services run, or for the reason why that will not come.

import { printable } from '../../native/text/printable.ts';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { isServicePhase, phases } from '../../supervisor/contract/phases.ts';
import { SlipwayError } from '../errors.ts';
import type { Machine } from './machine.ts';
import { describeExit } from './machine-end.ts';

/**
 * Rejects with a `SlipwayError` when the guest ends first or `timeoutMs` has passed.
 *
 * @param givesUp - returns, in words that follow "when", why an event leaves no hope; by default none does
 */
export async function waitUntilReady(
	machine: Machine,
	timeoutMs: number,
	givesUp: (event: GuestEventLine) => string | null = () => null,
): Promise<void> {
	const hopeless = machine.events.map(givesUp).find((why) => why !== null) ?? null;
	if (hopeless !== null) throw notReady(`when ${hopeless}`, machine);
	if (machine.events.some(isReady)) return;
	let stop = (): void => undefined;
	const ready = new Promise<'ready' | { readonly failed: string }>((resolve) => {
		const onEvent = (event: GuestEventLine): void => {
			const why = givesUp(event);
			if (why !== null) resolve({ failed: `when ${why}` });
			else if (isReady(event)) resolve('ready');
		};
		// Such a guest may stand still for ever.
		const onLost = (reason: string): void => resolve({ failed: `when ${reason}` });
		const timer = setTimeout(() => resolve({ failed: `after ${timeoutMs / 1000} s` }), timeoutMs);
		machine.emitter.on('event', onEvent).on('lost', onLost);
		stop = () => {
			clearTimeout(timer);
			machine.emitter.off('event', onEvent).off('lost', onLost);
		};
	});
	try {
		const outcome = await Promise.race([ready, machine.exited]);
		if (outcome === 'ready') return;
		const when = 'failed' in outcome ? outcome.failed : `when it ended: ${describeExit(outcome)}`;
		throw notReady(when, machine);
	} finally {
		stop();
	}
}

/** Returns why a system can't become ready any more as its YAML means it, in words that follow "when"; else null. */
export function hopelessness(event: GuestEventLine): string | null {
	if (event.event === 'onboot' && event.state === 'failed')
		return `the onboot container ${printable(event.name)} failed`;
	if (event.event !== 'service' || !isServicePhase(event.state)) return null;
	const { isFinal, isFailure } = phases[event.state];
	return isFinal && isFailure ? `the service ${printable(event.name)} failed for good` : null;
}

function isReady(event: GuestEventLine): boolean {
	return event.event === 'ready';
}

function notReady(when: string, machine: Machine): SlipwayError {
	const troubles = stillInTrouble(machine.events).map((line) => `\n  ${line}`);
	return new SlipwayError('GUEST_FAILED', `The system was not ready ${when}.${troubles.join('')}`);
}

/** Describes the trouble of each part of the boot that is not well. */
export function stillInTrouble(events: readonly GuestEventLine[]): string[] {
	const last = new Map<string, string | null>();
	for (const event of events) {
		if (event.event === 'stage')
			last.set(`stage ${event.stage}`, event.state === 'failed' ? printable(event.msg) : null);
		if (event.event === 'onboot') {
			const said = [event.msg, ...(event.lastLines ?? [])].map(printable).join('\n      ');
			last.set(`onboot ${event.name}`, event.state === 'done' ? null : said);
		}
		if (event.event === 'service') {
			const part = `service ${event.name}`;
			// While it is tried again, why it failed before is what one wants to know.
			if (event.state === 'starting') last.set(part, last.get(part) ?? printable(event.msg));
			else if (event.ready !== true && isServicePhase(event.state) && phases[event.state].isUp)
				last.set(part, `${printable(event.msg)}, but is not ready yet`);
			else last.set(part, event.ready === true ? null : printable(event.msg));
		}
	}
	return [...last].flatMap(([part, trouble]) => (trouble === null ? [] : [`${printable(part)}: ${trouble}`]));
}
