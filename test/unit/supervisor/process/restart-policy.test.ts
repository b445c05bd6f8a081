import test from 'ava';
import { defaultRestartRules } from '../../../../supervisor/contract/supervision.ts';
import { failuresInRow, restartDelayMs } from '../../../../supervisor/process/restart-policy.ts';

const waits = test.macro({
	exec(t, failures: number, expected: number) {
		t.is(restartDelayMs(failures, defaultRestartRules), expected);
	},
	title: (_, failures, expected) => `restartDelayMs() after ${failures} failures is ${expected}`,
});

test(waits, 0, 200);
test(waits, 1, 200);
test(waits, 2, 400);
test(waits, 3, 800);
test(waits, 8, 25_600);
test(waits, 9, 30_000);
test(waits, 10, 30_000);
test(waits, 5000, 30_000);

const counts = test.macro({
	exec(t, before: number, upMs: number | null, expected: number) {
		t.is(
			failuresInRow(before, upMs === null ? null : 1000, 1000 + (upMs ?? 0), defaultRestartRules),
			expected,
		);
	},
	title: (_, before, upMs, expected) => `failuresInRow() is ${expected} after ${before} and ${upMs} ms up`,
});

test(counts, 0, null, 1);
test(counts, 4, null, 5);
test(counts, 4, 0, 5);
test(counts, 4, 29_999, 5);
test(counts, 4, 30_000, 1);
