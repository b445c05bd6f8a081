// Systems for the dashboard that a test controls.

import { EventEmitter } from 'node:events';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import type { SystemChanges, WatchedSystem, WatchedSystems } from '../../tools/dashboard/watched-system.ts';

export interface TestSystem extends WatchedSystem {
	isUp: boolean;
	/** What was typed at its console. */
	readonly typed: string[];
	/** The arguments of each `service` that was asked for, and each power action. */
	readonly asked: string[][];
	/** The text of `service logs` and the like, by the first argument. */
	readonly answers: Map<string, string>;
	send(event: GuestEventLine): void;
	print(text: string): void;
	end(): void;
}

/** @param recorded - what it has sent so far */
export function testSystem(name: string, recorded: readonly GuestEventLine[] = []): TestSystem {
	const emitter = new EventEmitter<SystemChanges>();
	const events = [...recorded];
	let shown = '';
	const system: TestSystem = {
		name,
		emitter,
		events,
		isUp: true,
		absence: 'ended',
		bootedAtMs: Date.now() - (recorded.at(-1)?.at ?? 0) * 1000,
		typed: [],
		asked: [],
		answers: new Map(),
		consoleTail: () => Buffer.from(shown),
		type: (bytes) => void system.typed.push(bytes.toString('utf8')),
		resizeConsole: () => undefined,
		power: (action) => void system.asked.push([action]),
		async service(args, output, signal) {
			system.asked.push([...args]);
			await output(Buffer.from(system.answers.get(args[0] ?? '') ?? ''));
			if (args.includes('-f') && !signal.aborted)
				await new Promise((resolve) => signal.addEventListener('abort', resolve));
			return 0;
		},
		send(event) {
			events.push(event);
			emitter.emit('event', event);
		},
		print(text) {
			shown += text;
			emitter.emit('console', Buffer.from(text));
		},
		end() {
			system.isUp = false;
			emitter.emit('state');
		},
	};
	return system;
}

export function testSystems(...systems: readonly WatchedSystem[]): WatchedSystems {
	return { emitter: new EventEmitter(), list: () => systems };
}
