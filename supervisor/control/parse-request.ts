// Parses a line from the control socket. Any line gives a request or a problem; it never throws.

import { isRecord } from '../contract/json-shape.ts';
import { type Request, runName } from '../contract/protocol.ts';
import { signalNumber } from '../contract/signals.ts';
import { asOwner } from './run-record.ts';

export type Parsed =
	| { readonly id: number | null; readonly request: Request }
	| { readonly id: number | null; readonly problem: string };

export function parseRequest(line: string): Parsed {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		return { id: null, problem: 'not a line of JSON' };
	}
	if (!isRecord(value)) return { id: null, problem: 'not a JSON object' };
	const id = typeof value['id'] === 'number' ? value['id'] : null;
	const request = requestOf(value);
	return typeof request === 'string' ? { id, problem: request } : { id, request };
}

/** Returns the request, or a text that says what is wrong. */
function requestOf(value: Readonly<Record<string, unknown>>): Request | string {
	const { command, name } = value;
	switch (command) {
		case 'list':
		case 'stats':
			return { command };
		case 'pid1':
			return {
				command,
				collect: value['collect'] === true,
				measurements: value['measurements'] === true,
			};
		case 'events':
			return { command, follow: value['follow'] === true };
		case 'power': {
			const action = oneOf(value['action'], ['poweroff', 'reboot', 'halt'] as const);
			return action === null ? 'power: action must be poweroff, reboot or halt' : { command, action };
		}
		case 'status':
		case 'process':
		case 'start':
		case 'stop':
		case 'restart':
			return typeof name === 'string' ? { command, name } : `${command}: name must be a text`;
		case 'signal': {
			const { signal } = value;
			if (typeof name !== 'string') return 'signal: name must be a text';
			if (typeof signal !== 'string' || signalNumber(signal) === null)
				return 'signal: signal must be the name of a signal, such as SIGHUP or SIGRTMIN+3';
			return { command, name, signal };
		}
		case 'replace': {
			const { names, image } = value;
			if (!Array.isArray(names) || names.length === 0 || !names.every((each) => typeof each === 'string'))
				return 'replace: names must be a list of texts';
			// It becomes a part of a path.
			return Number.isSafeInteger(image) && Number(image) >= 0
				? { command, names: [...new Set(names)], image: Number(image) }
				: 'replace: image must be a number';
		}
		case 'run': {
			const { image, net } = value;
			if (name !== null && !isRunName(name)) return 'run: name must be a name or null';
			if (net !== null && typeof net !== 'string') return 'run: net must be a text or null';
			const owner = asOwner(value['owner']);
			if (owner === null) return 'run: owner must be a process';
			return typeof image === 'string' ? { command, name, image, net, owner } : 'run: image must be a text';
		}
		case 'run-ended': {
			const { reason, isForgotten } = value;
			if (!isRunName(name)) return 'run-ended: name must be a name';
			if (reason !== null && typeof reason !== 'string') return 'run-ended: reason must be a text or null';
			return { command, name, reason, isForgotten: isForgotten === true };
		}
		case 'wait': {
			const waited = oneOf(value['for'], ['ready', 'running', 'stopped'] as const);
			if (typeof name !== 'string') return 'wait: name must be a text';
			return waited === null ? 'wait: for must be ready, running or stopped' : { command, name, for: waited };
		}
		default:
			return `there is no command ${JSON.stringify(command) ?? 'without a name'}`;
	}
}

/** It becomes a part of a path. */
function isRunName(value: unknown): value is string {
	return typeof value === 'string' && runName.test(value);
}

function oneOf<T extends string>(value: unknown, words: readonly T[]): T | null {
	return words.find((word) => word === value) ?? null;
}
