// Shows how far a piece of work is that takes longer than a second: on a terminal by a last line that rewrites itself, with the
// rate and the time left; elsewhere (a file, a log of a CI system) by a line every ten seconds.

import { formatSize } from './format-size.ts';
import { clearLine, isLiveTerminal, type ProgressTerminal } from './progress-terminal.ts';

export interface WorkProgress {
	/** @param doing - what is worked on, such as the names of packages; absent: it stays */
	advance(done: number, doing?: string): void;
	/** Clears the line, so that others can be written before it is drawn again. */
	clear(): void;
	/** Clears the line for good. */
	end(): void;
}

interface Work {
	/** E.g. `importing redis.tar`. */
	readonly name: string;
	/** How much there is to do; null when that is not known. */
	readonly total: number | null;
	/** The word for what is counted, e.g. `packages`; `bytes` are shown as sizes, with their rate; null: nothing is counted. */
	readonly unit: string | null;
}

export interface Clock {
	/** Returns milliseconds of a monotonic clock. */
	nowMs(): number;
	/** Calls back again and again; returns a function that ends that. */
	every(intervalMs: number, callback: () => void): () => void;
}

const redrawMs = 250;
const quietMs = 1000;
const lineMs = 10_000;
/** A guess from less of the work would jump about. */
const leastPart = 0.05;

const realClock: Clock = {
	nowMs: () => performance.now(),
	every(intervalMs, callback) {
		const timer = setInterval(callback, intervalMs);
		timer.unref();
		return () => clearInterval(timer);
	},
};

export function startProgress(
	terminal: ProgressTerminal,
	work: Work,
	clock: Clock | undefined = realClock,
): WorkProgress {
	const isLive = isLiveTerminal(terminal);
	const startedMs = clock.nowMs();
	let lastLineMs = startedMs;
	let isDrawn = false;
	let state = { done: 0, doing: '' };

	function clear(): void {
		if (isDrawn) terminal.write(clearLine);
		isDrawn = false;
	}

	function draw(): void {
		const elapsedMs = clock.nowMs() - startedMs;
		if (elapsedMs < quietMs) return;
		const line = workLine(work, state, elapsedMs);
		if (isLive) {
			terminal.write(`${clearLine}${line.slice(0, (terminal.columns || 80) - 1)}`);
			isDrawn = true;
		} else if (clock.nowMs() - lastLineMs >= lineMs) {
			lastLineMs = clock.nowMs();
			terminal.write(`${line}\n`);
		}
	}

	const stop = clock.every(redrawMs, draw);
	return {
		advance(done, doing = state.doing) {
			state = { done, doing };
		},
		clear,
		end() {
			stop();
			clear();
		},
	};
}

/** Shows how many bytes have been taken, and ends the progress with them. */
export async function* watchedBytes(
	bytes: AsyncIterable<Uint8Array>,
	progress: WorkProgress,
): AsyncGenerator<Uint8Array, void> {
	let done = 0;
	try {
		for await (const chunk of bytes) {
			yield chunk;
			done += chunk.length;
			progress.advance(done);
		}
	} finally {
		progress.end();
	}
}

/** Returns e.g. `importing a.tar  1.2 GB of 2.0 GB  60 %  41.0 MB/s  20 s left`. */
export function workLine(
	{ name, total, unit }: Work,
	{ done, doing }: { readonly done: number; readonly doing: string },
	elapsedMs: number,
): string {
	const isBytes = unit === 'bytes';
	const amount = (value: number): string => (isBytes ? formatSize(value) : String(value));
	const part = total === null || total === 0 ? null : Math.min(1, done / total);
	const left = part === null || part < leastPart ? null : (elapsedMs * (1 - part)) / part;
	const how = total === null ? amount(done) : `${amount(done)} of ${amount(total)}`;
	return [
		name,
		unit === null ? '' : isBytes ? how : `${how} ${unit}`,
		part === null ? '' : `${Math.floor(part * 100)} %`,
		isBytes && elapsedMs > 0 ? `${formatSize((done * 1000) / elapsedMs)}/s` : formatSeconds(elapsedMs),
		left === null ? '' : `${formatSeconds(left)} left`,
		doing,
	]
		.filter((text) => text !== '')
		.join('  ');
}

/** Returns e.g. `12 s` or `3 min 5 s`. */
export function formatSeconds(durationMs: number): string {
	const seconds = Math.round(durationMs / 1000);
	return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
