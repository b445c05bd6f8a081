// Runs a target with one input and says whether it held: time, memory, errors and the prototypes that all objects share.

import { readFileSync, writeFileSync } from 'node:fs';
import type { FuzzTarget } from './target.ts';

/** What can be wrong. The name begins the name of the finding's file. */
export type FindingKind =
	| 'crash'
	| 'rejection'
	| 'hang'
	| 'growth'
	| 'memory'
	| 'prototype'
	| 'killed'
	| 'difference';

export interface Finding {
	readonly kind: FindingKind;
	/** The error's stack, or what was measured. */
	readonly text: string;
}

export interface Judgement {
	readonly finding: Finding | null;
	/** Processor time; of a quick run the elapsed time, which is cheaper to measure and never shorter. */
	readonly costMs: number;
}

/** One input may use so much more memory than there was before it. */
export const maxMemoryBytes = 512 * 1024 * 1024;

/** A second of processor time for 64 KB, in proportion above. */
export function maxCpuMs(inputBytes: number): number {
	return Math.max(1000, (1000 * inputBytes) / 65536);
}

/** A run that ends sooner exceeds no limit: it can't fill the memory either. */
const quickMs = 20;

/** The promises that were rejected, and not handled, since the last look. */
const rejections: unknown[] = [];

/** Must be called once in the process, before `judge()`. */
export function watchRejections(): void {
	process.on('unhandledRejection', (reason) => rejections.push(reason));
}

export async function judge(target: FuzzTarget, input: Buffer): Promise<Judgement> {
	const before = sharedPrototypes();
	const once = await measure(target, input);
	if (once.finding !== null) return once;
	const changed = changesSince(before);
	if (changed !== '') return { ...once, finding: { kind: 'prototype', text: changed } };
	return once.costMs < quickMs ? once : await judgeCost(target, input);
}

/** Asks the target's other reader; null for agreement, and for a target without one. */
export async function judgeBeside(target: FuzzTarget, input: Buffer): Promise<Finding | null> {
	try {
		await target.compare?.(input);
	} catch (error) {
		if (!target.declares(error)) return { kind: 'difference', text: stackOf(error) };
	}
	return null;
}

async function measure(target: FuzzTarget, input: Buffer): Promise<Judgement> {
	const from = performance.now();
	let finding: Finding | null = null;
	try {
		const running = target.run(input);
		if (running !== undefined) await running;
	} catch (error) {
		if (!target.declares(error)) finding = { kind: 'crash', text: stackOf(error) };
	}
	const costMs = performance.now() - from;
	// Node reports rejections when the queue of microtasks is empty.
	await new Promise((resolve) => setImmediate(resolve));
	const [rejection] = rejections.splice(0);
	if (finding === null && rejection !== undefined) finding = { kind: 'rejection', text: stackOf(rejection) };
	return { finding, costMs };
}

/** Measures an input once more: the first time may have compiled the code, or waited, or collected others' garbage. */
async function judgeCost(target: FuzzTarget, input: Buffer): Promise<Judgement> {
	const isLarge = process.memoryUsage.rss() > maxMemoryBytes;
	if (isLarge) globalThis.gc?.();
	const restingBytes = isLarge ? resetPeak() : 0;
	// The time is this thread's: ava runs other tests in threads of the same process.
	const from = process.threadCpuUsage();
	const { finding } = await measure(target, input);
	const { user, system } = process.threadCpuUsage(from);
	const costMs = (user + system) / 1000;
	if (finding !== null) return { finding, costMs };
	if (costMs > maxCpuMs(input.length)) {
		const text = `${costMs.toFixed(0)} ms of processor time for ${input.length} bytes`;
		return { finding: { kind: 'hang', text }, costMs };
	}
	const usedBytes = isLarge ? memoryPeakBytes() - restingBytes : 0;
	if (usedBytes < maxMemoryBytes) return { finding: null, costMs };
	const text = `${(usedBytes / 2 ** 20).toFixed(0)} MiB for ${input.length} bytes`;
	return { finding: { kind: 'memory', text }, costMs };
}

export function stackOf(error: unknown): string {
	return error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`;
}

/** Sets the peak to what is resident now (proc(5), clear_refs), and returns it. */
function resetPeak(): number {
	writeFileSync('/proc/self/clear_refs', '5');
	return memoryPeakBytes();
}

function memoryPeakBytes(): number {
	return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;
}

const prototypes: readonly (readonly [string, object])[] = [
	['Object.prototype', Object.prototype],
	['Array.prototype', Array.prototype],
	['Function.prototype', Function.prototype],
];

type Keys = readonly (readonly PropertyKey[])[];

function sharedPrototypes(): Keys {
	return prototypes.map(([, prototype]) => Reflect.ownKeys(prototype));
}

/** Names what was added to a shared prototype, and removes it, so that the next input is judged alone. */
function changesSince(before: Keys): string {
	const changes: string[] = [];
	for (const [index, [name, prototype]] of prototypes.entries()) {
		const known = before[index] ?? [];
		const now = Reflect.ownKeys(prototype);
		if (now.length === known.length) continue;
		const added = now.filter((key) => !known.includes(key));
		for (const key of added) Reflect.deleteProperty(prototype, key);
		changes.push(`${name} has new keys: ${added.map(String).join(', ')}`);
	}
	return changes.join('\n');
}
