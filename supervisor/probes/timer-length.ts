// A wait as Node's timers take it: whole milliseconds, not before its time, and of more than 2^31 they would make
// one. Who waits looks at the clock when it is over, and waits on.

const LONGEST_MS = 2 ** 31 - 1;

export function asTimerMs(waitMs: number): number {
	return Math.min(Math.max(0, Math.ceil(waitMs)), LONGEST_MS);
}
