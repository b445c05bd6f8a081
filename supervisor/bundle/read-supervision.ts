// `supervision.json` of a bundle, checked at the border. A bundle of LinuxKit's has none.

import { join } from 'node:path';
import { errorMessage } from '../../native/text/error-message.ts';
import { asRecord, asString, type JsonRecord, listOf, ShapeError } from '../contract/json-shape.ts';
import { bundleFiles } from '../contract/layout.ts';
import type { LogRules, Probe, ProbeKind, Supervision } from '../contract/supervision.ts';
import { readJson } from './bundle.ts';

/** Throws `ShapeError` or a file system's error. */
export function readSupervision(folder: string): Supervision {
	const path = join(folder, bundleFiles.supervision);
	return asSupervision(readJson(path) ?? {}, path);
}

/** What can't be read says nothing, and why. */
export function tryReadSupervision(folder: string): {
	readonly supervision: Supervision;
	readonly trouble: string | null;
} {
	try {
		return { supervision: readSupervision(folder), trouble: null };
	} catch (error) {
		return {
			supervision: {},
			trouble: `can't be read: ${errorMessage(error)}`,
		};
	}
}

export function asSupervision(value: unknown, path: string): Supervision {
	const keys = keysOf(asRecord(value, path), path);
	return {
		...keys.optional('after', (after, place) => listOf(after, place, asString)),
		...keys.optional('restart', asRestart),
		...keys.optional('ready', asProbe),
		...keys.optional('health', asProbe),
		...keys.optional('stop', (stop, place) => {
			const inner = keysOf(asRecord(stop, place), place);
			return { ...inner.optional('signal', asString), ...inner.optional('timeoutMs', asTime) };
		}),
		...keys.optional('log', asLog),
		...keys.optional('onFailure', oneOf('continue', 'reboot', 'poweroff', 'halt')),
		...keys.optional('timeoutMs', asTime),
	};
}

function asRestart(value: unknown, place: string) {
	const keys = keysOf(asRecord(value, place), place);
	return {
		...keys.optional('policy', oneOf('always', 'on-failure', 'no')),
		...keys.optional('delayMs', asTime),
		...keys.optional('maxDelayMs', asTime),
		...keys.optional('burst', asNumber),
		...keys.optional('burstWindowMs', asTime),
		...keys.optional('onBurst', oneOf('stop', 'reboot', 'poweroff')),
	};
}

function asProbe(value: unknown, place: string): Probe {
	const record = asRecord(value, place);
	return {
		how: asKind(record['how'], `${place}.how`),
		intervalMs: asTime(record['intervalMs'], `${place}.intervalMs`),
		timeoutMs: asTime(record['timeoutMs'], `${place}.timeoutMs`),
		retries: asNumber(record['retries'], `${place}.retries`),
	};
}

function asKind(value: unknown, place: string): ProbeKind {
	const { tcp, host, http, exec, file, notify } = asRecord(value, place);
	if (tcp !== undefined) {
		const port = asNumber(tcp, `${place}.tcp`);
		return host === undefined ? { tcp: port } : { tcp: port, host: asString(host, `${place}.host`) };
	}
	if (http !== undefined) return { http: asString(http, `${place}.http`) };
	if (exec !== undefined) return { exec: listOf(exec, `${place}.exec`, asString) };
	if (file !== undefined) return { file: asString(file, `${place}.file`) };
	if (notify === true) return { notify };
	throw new ShapeError(place, 'one of tcp, http, exec, file and notify');
}

function asLog(value: unknown, place: string): LogRules {
	const keys = keysOf(asRecord(value, place), place);
	return {
		...keys.optional('maxBytes', asNumber),
		...keys.optional('maxFiles', asNumber),
		...keys.optional('driver', oneOf('console', 'tcp', 'syslog')),
		...keys.optional('address', asString),
	};
}

type As<T> = (value: unknown, place: string) => T;

function keysOf(record: JsonRecord, path: string) {
	return {
		/** `{}` where the key is absent. */
		optional<K extends string, T>(key: K, as: As<T>): { readonly [P in K]?: T } {
			const value = record[key];
			return (value === undefined ? {} : { [key]: as(value, `${path}: ${key}`) }) as { [P in K]?: T };
		},
	};
}

function oneOf<const T extends string>(...words: readonly T[]): As<T> {
	return (value, place) => {
		const word = words.find((each) => each === value);
		if (word === undefined) throw new ShapeError(place, `one of ${words.join(', ')}`);
		return word;
	};
}

function asNumber(value: unknown, place: string): number {
	if (typeof value !== 'number' || !(value >= 0)) throw new ShapeError(place, 'a number');
	return value;
}

/** A timer of 0 ms would ask without a pause. */
function asTime(value: unknown, place: string): number {
	if (typeof value !== 'number' || !(value >= 1)) throw new ShapeError(place, 'a number of milliseconds');
	return value;
}
