// What the server and the page of the dashboard say to each other. Without Node: the page uses it too.

import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import type { Absence, ServiceUsage } from './system-model.ts';

/** A message of the stream `events`. */
export type PageMessage =
	/** All that is known of a system; replaces what was said before. */
	| {
			readonly type: 'system';
			readonly name: string;
			readonly isUp: boolean;
			readonly absence: Absence;
			/** The time at which the guest's clock was 0, in milliseconds of the epoch. */
			readonly bootedAtMs: number;
			readonly events: readonly GuestEventLine[];
	  }
	| {
			readonly type: 'event';
			readonly name: string;
			readonly bootedAtMs: number;
			readonly event: GuestEventLine;
	  }
	| { readonly type: 'usage'; readonly name: string; readonly usage: readonly ServiceUsage[] }
	| { readonly type: 'gone'; readonly name: string };

/** The body of a request to `action`. */
export type PageAction =
	| { readonly action: 'start' | 'stop' | 'restart'; readonly service: string }
	| { readonly action: 'poweroff' | 'reboot' };

/** Returns null for a value of another shape. */
export function parseAction(value: unknown): PageAction | null {
	const { action, service } = (value ?? {}) as Readonly<Record<string, unknown>>;
	if (action === 'poweroff' || action === 'reboot') return { action };
	if (action !== 'start' && action !== 'stop' && action !== 'restart') return null;
	return typeof service === 'string' && service !== '' ? { action, service } : null;
}
