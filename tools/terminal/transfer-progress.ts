// Shows the progress of a pull or push: a line for each finished blob and, on a terminal, a last line that rewrites itself.

import { formatSize } from './format-size.ts';
import { clearLine, isLiveTerminal, type ProgressTerminal } from './progress-terminal.ts';
import { formatSeconds } from './work-progress.ts';

/** The part of an OCI descriptor that people see. */
interface Blob {
	readonly digest: string;
	readonly size: number;
}

export interface TransferProgress {
	/** The transfer of an image begins; `blobs` are those that the other side lacks. */
	begins(reference: string, blobs: readonly Blob[]): void;
	moved(blob: Blob, bytes: number): void;
	/** The transfer of the blob starts again at its first byte. */
	discarded(blob: Blob): void;
	finished(blob: Blob): void;
	/** A request failed. The next try is after `delayMs`, or at the next registry when that is null. */
	failed(reason: string, delayMs: number | null): void;
}

const redrawEveryMs = 100;

const barWidth = 24;
/** In fewer columns a bar would leave no space for the name. */
const leastColumns = 72;

/** Returns the line that rewrites itself. It is cut to `columns`, because a line that wraps can't be rewritten. */
export function progressLine(
	arrivedBytes: number,
	totalBytes: number,
	name: string,
	columns: number,
	elapsedMs = 0,
): string {
	const part = totalBytes === 0 ? 1 : Math.min(1, arrivedBytes / totalBytes);
	const percent = `${Math.floor(part * 100)}`.padStart(3);
	const full = '='.repeat(Math.floor(part * barWidth));
	const bar =
		columns < leastColumns ? '' : `[${`${full}${part < 1 ? '>' : ''}`.padEnd(barWidth).slice(0, barWidth)}] `;
	const size = `${formatSize(arrivedBytes)} of ${formatSize(totalBytes)}`;
	return `${bar}${percent} %  ${size}${pace(arrivedBytes, totalBytes, elapsedMs)}  ${name}`.slice(
		0,
		columns - 1,
	);
}

/** The first second is no measure of the rest. */
function pace(arrivedBytes: number, totalBytes: number, elapsedMs: number): string {
	if (elapsedMs < 1000 || arrivedBytes === 0) return '';
	const left = (elapsedMs * Math.max(0, totalBytes - arrivedBytes)) / arrivedBytes;
	return `  ${formatSize((arrivedBytes * 1000) / elapsedMs)}/s  ${formatSeconds(left)} left`;
}

/** @param nowMs - a monotonic clock */
export function transferProgress(
	terminal: ProgressTerminal,
	nowMs: () => number,
	direction: 'fetch' | 'send',
): TransferProgress {
	const isLive = isLiveTerminal(terminal);
	let name = '';
	let totalBytes = 0;
	let doneBytes = 0;
	/** The blobs in transfer: the time of their first bytes, and the bytes that have arrived. */
	const loading = new Map<string, { readonly sinceMs: number; bytes: number }>();
	let begunMs = nowMs();
	let drawnMs = Number.NEGATIVE_INFINITY;

	function line(text: string): void {
		terminal.write(`${isLive ? clearLine : ''}${text}\n`);
	}

	function draw(): void {
		if (!isLive || nowMs() - drawnMs < redrawEveryMs) return;
		drawnMs = nowMs();
		const arrivedBytes = [...loading.values()].reduce((sum, each) => sum + each.bytes, doneBytes);
		const line = progressLine(arrivedBytes, totalBytes, name, terminal.columns || 80, nowMs() - begunMs);
		terminal.write(`${clearLine}${line}`);
	}

	return {
		begins(reference, blobs) {
			name = reference;
			begunMs = nowMs();
			doneBytes = 0;
			totalBytes = blobs.reduce((sum, each) => sum + each.size, 0);
			loading.clear();
			line(`${reference}: ${blobs.length} blobs to ${direction}, ${formatSize(totalBytes)}`);
		},
		moved(blob, bytes) {
			const state = loading.get(blob.digest) ?? { sinceMs: nowMs(), bytes: 0 };
			state.bytes += bytes;
			loading.set(blob.digest, state);
			draw();
		},
		discarded(blob) {
			loading.delete(blob.digest);
		},
		finished(blob) {
			const seconds = (nowMs() - (loading.get(blob.digest)?.sinceMs ?? nowMs())) / 1000;
			loading.delete(blob.digest);
			doneBytes += blob.size;
			line(`${blob.digest.slice(0, 19)}  ${formatSize(blob.size).padStart(9)}  in ${seconds.toFixed(1)} s`);
			drawnMs = Number.NEGATIVE_INFINITY;
			if (doneBytes < totalBytes) draw();
		},
		failed(reason, delayMs) {
			line(
				`${reason}; ${delayMs === null ? 'trying the next registry' : `next try in ${(delayMs / 1000).toFixed(1)} s`}`,
			);
		},
	};
}
