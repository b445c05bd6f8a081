// The machines of this user as the systems of a dashboard: those that run, and those that have ended since it was opened.

import { EventEmitter } from 'node:events';
import { statSync } from 'node:fs';
import { hasCode } from '../../native/linux/has-code.ts';
import type { GuestEventLine, HostCommand } from '../../supervisor/contract/events.ts';
import { type FollowedFile, followFile } from '../files/follow-file.ts';
import { bootBefore } from '../machine/boot-beginning.ts';
import { addEvent, beginsBoot } from '../machine/boot-events.ts';
import { followScreenSize } from '../machine/console-size.ts';
import { createEventReader } from '../machine/guest-events.ts';
import { openGuestInput } from '../machine/guest-input.ts';
import { type MachineBases, machineFiles } from '../machine/machine-directories.ts';
import { logTails } from '../machine/machine-snapshot.ts';
import { listMachines, type MachineEntry } from '../machine/machine-state.ts';
import type { SystemChanges, WatchedSystem, WatchedSystems } from './watched-system.ts';

/** The way into a guest beside its console and its event port. */
export interface GuestAccess {
	service(machine: MachineEntry, ...args: Parameters<WatchedSystem['service']>): Promise<number>;
}

interface MachineSystem extends WatchedSystem {
	readonly startedAt: string;
	update(isUp: boolean): void;
	close(): void;
}

export interface MachineSystems extends WatchedSystems {
	close(): void;
}

const lookMs = 300;
const consoleTailBytes = 128 * 1024;

/** @param only - the name of the machine to show; null for all */
export function watchMachines(bases: MachineBases, only: string | null, access: GuestAccess): MachineSystems {
	const emitter = new EventEmitter<{ change: [] }>();
	const systems = new Map<string, MachineSystem>();

	function look(): void {
		const machines = listMachines(bases).filter(({ record }) => only === null || record.name === only);
		let isChanged = false;
		for (const [name, system] of systems) {
			const entry = machines.find(({ record }) => record.name === name);
			if (entry?.record.startedAt === system.startedAt) system.update(entry.isUp);
			else {
				system.close();
				systems.delete(name);
				isChanged = true;
			}
		}
		for (const entry of machines) {
			// One that ended before the dashboard was opened is of no interest, unless it was asked for.
			if (systems.has(entry.record.name) || (!entry.isUp && only === null)) continue;
			const system = tryToWatch(entry, access);
			if (system === null) continue;
			systems.set(entry.record.name, system);
			isChanged = true;
		}
		if (isChanged) emitter.emit('change');
	}

	look();
	const timer = setInterval(look, lookMs);
	return {
		emitter,
		list: () => [...systems.values()],
		close() {
			clearInterval(timer);
			for (const system of systems.values()) system.close();
		},
	};
}

/** Returns null while its logs are not there yet, or no more. */
function tryToWatch(entry: MachineEntry, access: GuestAccess): MachineSystem | null {
	try {
		return watchOne(entry, access);
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return null;
		throw error;
	}
}

function watchOne(machine: MachineEntry, access: GuestAccess): MachineSystem {
	const { record, place } = machine;
	const files = machineFiles(place);
	// Each open page listens, and there is no limit of pages.
	const emitter = new EventEmitter<SystemChanges>().setMaxListeners(0);
	const events: GuestEventLine[] = [];
	const clock = guestClock(Date.parse(record.startedAt));
	let { isUp } = machine;
	let tail: Buffer = Buffer.alloc(0);
	const writtenAtMs = statSync(files.eventLog).mtimeMs;
	const openedAtMs = Date.now();
	const readEvents = createEventReader((event) => {
		addEvent(events, event);
		// What is in the log already was written at its last change at the latest.
		clock.add(event, Date.now() - openedAtMs < lookMs ? writtenAtMs : Date.now());
		emitter.emit('event', event);
	});
	const from = logTails(files);
	const before = from.events === 0 ? [] : bootBefore(files.eventLog, from.events);
	for (const event of before) addEvent(events, event);
	const followed: FollowedFile[] = [followFile(files.eventLog, readEvents, from.events)];
	const onConsole = (bytes: Buffer): void => {
		tail = Buffer.concat([tail, bytes]).subarray(-consoleTailBytes);
		emitter.emit('console', bytes);
	};
	followed.push(followFile(files.consoleLog, onConsole, from.console));
	const inputs = { console: openGuestInput(files.consoleInput), events: openGuestInput(files.eventInput) };
	const command = (line: HostCommand): void => inputs.events.write(`${JSON.stringify(line)}\n`);
	const screen = Object.assign(new EventEmitter(), { isTTY: true, rows: 0, columns: 0 });
	const endSize = followScreenSize({ emitter, events, command }, screen);
	return {
		name: record.name,
		startedAt: record.startedAt,
		absence: 'ended',
		emitter,
		events,
		get isUp() {
			return isUp;
		},
		get bootedAtMs() {
			return clock.bootedAtMs();
		},
		consoleTail: () => tail,
		type: (bytes) => inputs.console.write(bytes),
		resizeConsole: (size) => void Object.assign(screen, size).emit('resize'),
		power: (action) => command({ command: action }),
		service: async (...args) => await access.service(machine, ...args),
		update(now) {
			if (now === isUp) return;
			isUp = now;
			emitter.emit('state');
		},
		close() {
			endSize();
			for (const file of followed) file.stop();
			for (const input of Object.values(inputs)) input.close();
		},
	};
}

/** Estimates when the guest's clock was 0: an event arrives some time after its own, and never before. */
export function guestClock(startedAtMs: number) {
	let bootedAtMs = startedAtMs;
	let isEstimated = false;
	return {
		add(event: GuestEventLine, atMs: number): void {
			const estimate = atMs - event.at * 1000;
			bootedAtMs = isEstimated && !beginsBoot(event) ? Math.min(bootedAtMs, estimate) : estimate;
			isEstimated = true;
		},
		bootedAtMs: () => bootedAtMs,
	};
}
