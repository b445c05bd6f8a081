// The stream `events` of the page (Server-Sent Events, WHATWG HTML 9.2): all systems first, then what changes.

import type { ServerResponse } from 'node:http';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import type { PageMessage } from './messages.ts';
import type { ServiceUsage } from './system-model.ts';
import type { WatchedSystem, WatchedSystems } from './watched-system.ts';

/** A page that reads so little is disconnected; it connects again and gets everything anew. */
const maxWaitingBytes = 8 * 2 ** 20;

export interface MessageStream {
	/** Sends everything, and then each change until the connection ends. */
	add(response: ServerResponse): void;
	/** Reports whether anyone listens. */
	isWatched(): boolean;
	sendUsage(name: string, usage: readonly ServiceUsage[]): void;
	close(): void;
}

export function createMessageStream(systems: WatchedSystems): MessageStream {
	const clients = new Set<ServerResponse>();
	const followed = new Map<WatchedSystem, () => void>();

	function send(message: PageMessage, to: Iterable<ServerResponse> = clients): void {
		const line = `data: ${JSON.stringify(message)}\n\n`;
		for (const client of to) {
			if (client.writableLength > maxWaitingBytes) client.destroy();
			else client.write(line);
		}
	}

	function follow(system: WatchedSystem): () => void {
		const { name, emitter } = system;
		const onEvent = (event: GuestEventLine): void =>
			send({ type: 'event', name, bootedAtMs: system.bootedAtMs, event });
		const onState = (): void => send(describe(system));
		emitter.on('event', onEvent).on('state', onState);
		return () => void emitter.off('event', onEvent).off('state', onState);
	}

	function update(): void {
		const present = systems.list();
		for (const [system, stop] of followed) {
			if (present.includes(system)) continue;
			stop();
			followed.delete(system);
			if (!present.some(({ name }) => name === system.name)) send({ type: 'gone', name: system.name });
		}
		for (const system of present) {
			if (followed.has(system)) continue;
			followed.set(system, follow(system));
			send(describe(system));
		}
	}

	systems.emitter.on('change', update);
	update();
	return {
		add(response) {
			response.writeHead(200, { 'Content-Type': 'text/event-stream' });
			response.write('retry: 1000\n\n');
			for (const system of systems.list()) send(describe(system), [response]);
			clients.add(response);
			response.on('close', () => clients.delete(response));
		},
		isWatched: () => clients.size > 0,
		sendUsage: (name, usage) => send({ type: 'usage', name, usage }),
		close() {
			systems.emitter.off('change', update);
			for (const stop of followed.values()) stop();
			for (const client of clients) client.destroy();
		},
	};
}

function describe({ name, isUp, absence, bootedAtMs, events }: WatchedSystem): PageMessage {
	return { type: 'system', name, isUp, absence, bootedAtMs, events };
}
