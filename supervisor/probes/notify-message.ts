// What a service says of itself: systemd's protocol, a datagram of `NAME=value` lines (sd_notify(3)). Whoever runs
// in the container may send anything; what isn't understood is left out.

import { printable } from '../../native/text/printable.ts';

export interface NotifyMessage {
	readonly ready?: true;
	readonly reloading?: true;
	readonly stopping?: true;
	/** For people, one line without control characters. */
	readonly status?: string;
	readonly watchdog?: 'alive' | 'trigger';
	/** A new interval for the watchdog. */
	readonly watchdogMs?: number;
	/** From now. */
	readonly extendTimeoutMs?: number;
	readonly errno?: number;
}

/** systemd's limit too; a longer datagram counts as garbage. */
export const NOTIFY_MAX_BYTES = 4096;

const STATUS_MAX_LENGTH = 256;
/** A day: longer waits than this are none, and would overrun Node's timers. */
const MAX_MS = 24 * 3600 * 1000;

export function parseNotifyMessage(bytes: Uint8Array): NotifyMessage {
	let message: NotifyMessage = {};
	for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
		const equals = line.indexOf('=');
		message = { ...message, ...asField(line.slice(0, equals), line.slice(equals + 1)) };
	}
	return message;
}

function asField(name: string, value: string): NotifyMessage {
	switch (name) {
		case 'READY':
			return value === '1' ? { ready: true } : {};
		case 'RELOADING':
			return value === '1' ? { reloading: true } : {};
		case 'STOPPING':
			return value === '1' ? { stopping: true } : {};
		case 'STATUS':
			return { status: printable(value).trim().slice(0, STATUS_MAX_LENGTH) };
		case 'WATCHDOG':
			if (value === '1') return { watchdog: 'alive' };
			return value === 'trigger' ? { watchdog: 'trigger' } : {};
		case 'WATCHDOG_USEC':
			return withMs(value, (watchdogMs) => ({ watchdogMs }));
		case 'EXTEND_TIMEOUT_USEC':
			return withMs(value, (extendTimeoutMs) => ({ extendTimeoutMs }));
		case 'ERRNO':
			return /^\d{1,4}$/.test(value) ? { errno: Number(value) } : {};
		default:
			return {};
	}
}

function withMs(microseconds: string, field: (ms: number) => NotifyMessage): NotifyMessage {
	if (!/^\d+$/.test(microseconds)) return {};
	const ms = Math.ceil(Number(microseconds) / 1000);
	return ms === 0 ? {} : field(Math.min(ms, MAX_MS));
}
