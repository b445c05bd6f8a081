// A machine elsewhere as a system of a dashboard. All that is known of it comes from its `service`, so it has no console here, and
// nobody can tell whether one that does not answer has ended.

import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../native/text/error-message.ts';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { addEvent } from '../machine/boot-events.ts';
import { createEventReader } from '../machine/guest-events.ts';
import { guestClock } from './machine-systems.ts';
import type { SystemChanges, WatchedSystem } from './watched-system.ts';

/** The way to a machine elsewhere. */
export interface RemoteAccess {
	readonly service: WatchedSystem['service'];
	/** Resolves with the seconds since its kernel started, and with null when it does not say. */
	uptimeSeconds(signal: AbortSignal): Promise<number | null>;
}

export interface RemoteSystem extends WatchedSystem {
	close(): void;
}

const noConsole = Buffer.from(
	'The console of a machine elsewhere is not shown here: ssh brings its services and their logs.\r\n',
);
const reconnectMs = 3000;
const powerTimeoutMs = 30_000;
/** Of what is said beside events. */
const maxSaid = 1000;

/**
 * Follows the events of the machine until the system is closed, and connects again whenever that ends.
 *
 * @param report - receives a sentence for each new reason why the machine is not reached
 */
export function watchRemote(
	name: string,
	access: RemoteAccess,
	report: (text: string) => void,
	retryMs = reconnectMs,
): RemoteSystem {
	const emitter = new EventEmitter<SystemChanges>().setMaxListeners(0);
	const ending = new AbortController();
	const events: GuestEventLine[] = [];
	let clock = guestClock(Date.now());
	let startedAtMs: number | null = null;
	let isUp = false;
	let reported = '';

	function begin(): void {
		events.length = 0;
		clock = guestClock(Date.now());
		startedAtMs = null;
		isUp = true;
		reported = '';
		emitter.emit('state');
		const learn = (seconds: number | null): void => {
			if (seconds === null || !isUp) return;
			startedAtMs = Date.now() - seconds * 1000;
			emitter.emit('state');
		};
		access.uptimeSeconds(ending.signal).then(learn, () => undefined);
	}

	/** Returns why the connection has ended. */
	async function followOnce(): Promise<string> {
		let said = '';
		let isConnected = false;
		const read = createEventReader((event) => {
			if (!isConnected) begin();
			isConnected = true;
			addEvent(events, event);
			clock.add(event, Date.now());
			emitter.emit('event', event);
		});
		const take = (bytes: Buffer): void => {
			if (!isConnected) said = `${said}${bytes.toString('utf8')}`.slice(-maxSaid);
			read(bytes);
		};
		const ended = await access.service(['events', '-f', '--json'], take, ending.signal).then(
			(exitCode) => `its "service" ended with exit code ${exitCode}`,
			(error: unknown) => errorMessage(error),
		);
		// Both ssh and a shell without `service` say why.
		const last = said.trim().split('\n').at(-1) ?? '';
		return last === '' || last.startsWith('{') ? ended : last;
	}

	async function follow(): Promise<void> {
		while (!ending.signal.aborted) {
			const reason = await followOnce();
			if (ending.signal.aborted) return;
			if (isUp) {
				isUp = false;
				emitter.emit('state');
			}
			if (reason !== reported) report(`${name}: ${reason.replace(/\.$/, '')}. It is tried again.`);
			reported = reason;
			await sleep(retryMs, undefined, { signal: ending.signal }).catch(() => undefined);
		}
	}

	async function power(action: 'poweroff' | 'reboot'): Promise<void> {
		const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(powerTimeoutMs)]);
		await access.service(['shutdown', action], () => undefined, signal);
	}

	void follow();
	return {
		name,
		absence: 'not reached',
		emitter,
		events,
		get isUp() {
			return isUp;
		},
		get bootedAtMs() {
			return startedAtMs ?? clock.bootedAtMs();
		},
		consoleTail: () => noConsole,
		type: () => undefined,
		resizeConsole: () => undefined,
		// The connection breaks when the machine goes down, which is no error.
		power: (action) => void power(action).catch(() => undefined),
		service: access.service,
		close: () => ending.abort(),
	};
}
