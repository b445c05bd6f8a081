// What a YAML may say about the supervision of its containers. These keys are ours: LinuxKit's files have none of them.

import { constants } from 'node:os';
import { nearestName } from '../../native/text/nearest-name.ts';
import { parseForwardAddress } from '../../supervisor/contract/forward-address.ts';
import { burstProblem, durationProblem, parseSizeBytes, sizeProblem } from './durations.ts';
import { probe } from './probe-schema.ts';
import { checked, list, type RecordSchema, record, type Schema, string } from './schema.ts';

function oneOf(...words: readonly string[]): Schema {
	return {
		type: 'string',
		oneOf: words,
		check: (word) => {
			if (words.includes(word)) return null;
			const near = nearestName(word, words);
			const hint = near === null ? '' : ` Did you mean "${near}"?`;
			return `"${word}" is none of ${words.join(', ')}.${hint}`;
		},
	};
}

function signalProblem(name: string): string | null {
	if (signals.includes(name)) return null;
	const near = signals.find((each) => each === `SIG${name.toUpperCase()}`) ?? nearestName(name, signals);
	return `"${name}" is not a signal${near === null ? '' : `; did you mean ${near}`}. See signal(7).`;
}

function logProblem({ driver, address }: Readonly<Record<string, unknown>>): string | null {
	if (driver !== 'tcp' && driver !== 'syslog') {
		return address === undefined ? null : 'An address is for the drivers tcp and syslog.';
	}
	const expected = driver === 'tcp' ? 'HOST:PORT' : 'HOST:PORT or udp://HOST:PORT';
	if (typeof address !== 'string') return `The driver ${driver} needs an address: ${expected}.`;
	const parsed = parseForwardAddress(address);
	if (parsed !== null && (driver === 'syslog' || parsed.protocol === 'tcp')) return null;
	return `"${address}" is not an address for the driver ${driver}. Expected ${expected}.`;
}

/** A file has room for two lines of 16 KiB. */
const leastLogBytes = 64 * 1024;

function logSizeProblem(size: string): string | null {
	const bytes = parseSizeBytes(size);
	if (bytes === null) return sizeProblem(size);
	return bytes < leastLogBytes ? `"${size}" is too small for a log: at least 64KiB.` : null;
}

const log: RecordSchema = {
	type: 'record',
	keys: {
		driver: oneOf('console', 'tcp', 'syslog'),
		address: string,
		maxSize: checked(logSizeProblem),
		maxFiles: { type: 'integer', minimum: 1n, maximum: 1000n },
	},
	check: logProblem,
};

const duration = checked(durationProblem);
const signals = Object.keys(constants.signals);

/** Of services. */
export const serviceKeys = {
	after: list(string),
	ready: probe,
	health: probe,
	restart: record({
		policy: oneOf('always', 'on-failure', 'no'),
		delay: duration,
		maxDelay: duration,
		burst: checked(burstProblem),
		onBurst: oneOf('stop', 'reboot', 'poweroff'),
	}),
	stop: record({ signal: { type: 'string', check: signalProblem, oneOf: signals }, timeout: duration }),
	log,
} satisfies Record<string, Schema>;

export const onbootKeys = {
	onFailure: oneOf('continue', 'reboot', 'poweroff', 'halt'),
	timeout: duration,
} satisfies Record<string, Schema>;

/** What ends already has nothing to end it for. */
export const onshutdownKeys = { timeout: duration } satisfies Record<string, Schema>;
