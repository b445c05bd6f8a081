// Shows on a terminal which machines `stop` and `restart` still wait for: a clean shutdown may take a minute.

import { isLiveTerminal, type ProgressTerminal } from '../terminal/progress-terminal.ts';
import { type Clock, startProgress } from '../terminal/work-progress.ts';

export interface PowerOffProgress {
	/** Takes a machine off the line, which is cleared, so that its end can be written. */
	ended(name: string): void;
	/** Clears the line for good. */
	end(): void;
}

/** Shows nothing where a line would stay, such as in a file: each end is a line there. */
export function showPowerOff(
	names: readonly string[],
	terminal: ProgressTerminal,
	clock?: Clock,
): PowerOffProgress {
	if (!isLiveTerminal(terminal)) return { ended: () => undefined, end: () => undefined };
	const waiting = new Set(names);
	const progress = startProgress(terminal, { name: 'powering off', total: null, unit: null }, clock);
	progress.advance(0, names.join(' '));
	return {
		ended(name) {
			waiting.delete(name);
			progress.clear();
			progress.advance(0, [...waiting].join(' '));
		},
		end: () => progress.end(),
	};
}
