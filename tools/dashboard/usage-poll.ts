// Asks the systems for the memory and processor time of their services while a page is open.

import type { ServiceUsage } from './system-model.ts';
import { parseSystemStats } from './system-stats.ts';
import type { WatchedSystem, WatchedSystems } from './watched-system.ts';

const intervalMs = 2000;
const maxAnswerBytes = 1024 * 1024;

/** Calls `report` for each answer until the returned function is called. */
export function pollUsage(
	systems: WatchedSystems,
	isWatched: () => boolean,
	report: (name: string, usage: readonly ServiceUsage[]) => void,
): () => void {
	const readers = new Map<WatchedSystem, UsageReader>();
	const ending = new AbortController();
	let isBusy = false;
	const timer = setInterval(() => {
		if (isBusy || !isWatched()) return;
		isBusy = true;
		const asked = systems.list().filter(({ isUp }) => isUp);
		for (const known of readers.keys()) if (!asked.includes(known)) readers.delete(known);
		const answers = asked.map(async (system) => {
			const reader = readers.get(system) ?? createUsageReader();
			readers.set(system, reader);
			const text = await ask(system, ending.signal);
			if (text !== null) report(system.name, reader(text, performance.now()));
		});
		void Promise.allSettled(answers).then(() => {
			isBusy = false;
		});
	}, intervalMs);
	return () => {
		clearInterval(timer);
		ending.abort();
	};
}

/** Returns null when the guest does not answer, or has another `service`. */
async function ask(system: WatchedSystem, ending: AbortSignal): Promise<string | null> {
	const chunks: Buffer[] = [];
	let length = 0;
	const keep = (bytes: Buffer): void => {
		length += bytes.length;
		if (length <= maxAnswerBytes) chunks.push(bytes);
	};
	const signal = AbortSignal.any([ending, AbortSignal.timeout(10_000)]);
	const exitCode = await system.service(['stats', '--json'], keep, signal).catch(() => 1);
	return exitCode === 0 && length <= maxAnswerBytes ? Buffer.concat(chunks).toString('utf8') : null;
}

type UsageReader = (text: string, nowMs: number) => readonly ServiceUsage[];

/** Returns a function that reads the answers of one system: the share of a processor follows from two of them. */
export function createUsageReader(): UsageReader {
	let before = new Map<string, { readonly atMs: number; readonly cpuSeconds: number }>();
	return (text, nowMs) => {
		const now = new Map<string, { readonly atMs: number; readonly cpuSeconds: number }>();
		const usage = parseSystemStats(text).services.map(({ name, memoryBytes, cpuSeconds }): ServiceUsage => {
			if (cpuSeconds !== null) now.set(name, { atMs: nowMs, cpuSeconds });
			const last = before.get(name);
			const isKnown =
				cpuSeconds !== null && last !== undefined && nowMs > last.atMs && cpuSeconds >= last.cpuSeconds;
			const cpuPercent = isKnown ? ((cpuSeconds - last.cpuSeconds) * 100_000) / (nowMs - last.atMs) : null;
			return { name, memoryBytes, cpuPercent };
		});
		before = now;
		return usage;
	};
}
