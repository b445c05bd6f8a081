// The options of `slipway run`, from words to values.

import { availableParallelism } from 'node:os';
import { UsageError } from '../errors.ts';
import type { Accelerator } from '../machine/accelerator.ts';
import { type DiskRequest, parseDiskRequest } from '../machine/disk-option.ts';
import { type PublishedPort, parsePublishedPort } from '../machine/published-port.ts';
import { readArguments } from '../terminal/arguments.ts';

export interface RunOptions {
	readonly name: string;
	readonly memoryMegabytes: number;
	readonly cpus: number;
	readonly publish: readonly PublishedPort[];
	readonly disks: readonly DiskRequest[];
	/** A file's name or the text itself; null: no config drive. */
	readonly data: string | null;
	readonly accelerator: 'auto' | Accelerator;
	/** Added to the kernel's command line; empty: nothing. */
	readonly append: string;
	readonly untilReady: boolean;
	/** For `--until-ready`; for a plain run null means for ever. */
	readonly timeoutSeconds: number | null;
}

export function parseRunOptions(args: readonly string[]): RunOptions {
	const { values, positionals } = readArguments(args, {
		memory: { type: 'string' },
		cpus: { type: 'string' },
		publish: { type: 'string', multiple: true },
		disk: { type: 'string', multiple: true },
		data: { type: 'string' },
		accel: { type: 'string' },
		append: { type: 'string' },
		'until-ready': { type: 'boolean' },
		timeout: { type: 'string' },
	});
	const [name, ...more] = positionals;
	if (name === undefined) throw new UsageError('run needs the NAME of a built system, for example redis-os.');
	if (more.length > 0) throw new UsageError(`run takes one NAME, but there is also ${more.join(' ')}.`);
	return {
		name,
		memoryMegabytes: wholeNumber('--memory', values.memory ?? '1024', 64, 1024 * 1024),
		cpus: wholeNumber('--cpus', values.cpus ?? String(Math.min(2, availableParallelism())), 1, 255),
		publish: (values.publish ?? []).map(parsePublishedPort),
		disks: (values.disk ?? []).map(parseDiskRequest),
		data: values.data ?? null,
		accelerator: accelerator(values.accel ?? 'auto'),
		append: values.append ?? '',
		untilReady: values['until-ready'] ?? false,
		timeoutSeconds: values.timeout === undefined ? null : wholeNumber('--timeout', values.timeout, 1, 86400),
	};
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
	const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
	if (!(value >= least && value <= most)) {
		throw new UsageError(`${option} ${text}: expected a whole number from ${least} to ${most}.`);
	}
	return value;
}

function accelerator(text: string): 'auto' | Accelerator {
	if (text === 'auto' || text === 'kvm' || text === 'tcg') return text;
	throw new UsageError(`--accel ${text}: expected auto, kvm or tcg.`);
}
