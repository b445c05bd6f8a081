import test from 'ava';
import {
	defaultRetryPolicy,
	parseRetryAfter,
	retryDelayMs,
	TransientError,
} from '../../../../tools/registry/retry.ts';

const nowMs = Date.parse('2026-01-01T00:00:00Z');

test('parseRetryAfter() accepts seconds or a date', (t) => {
	t.is(parseRetryAfter(undefined, nowMs), null);
	t.is(parseRetryAfter('soon', nowMs), null);
	t.is(parseRetryAfter('7', nowMs), 7000);
	t.is(parseRetryAfter('Thu, 01 Jan 2026 00:00:05 GMT', nowMs), 5000);
	t.is(parseRetryAfter('Wed, 31 Dec 2025 00:00:05 GMT', nowMs), 0);
});

const waits = test.macro({
	exec(t, error: Error, failures: number, expected: number | null) {
		t.is(
			retryDelayMs(error, failures, { ...defaultRetryPolicy, firstDelayMs: 100, maxDelayMs: 500 }),
			expected,
		);
	},
	title: (_, error: Error, failures: number) => `retryDelayMs() of "${error.message}", failure ${failures}`,
});

test(waits, new TransientError('cut'), 1, 100);
test(waits, new TransientError('cut'), 3, 400);
test(waits, new TransientError('cut'), 4, 500);
test(waits, new TransientError('cut'), 6, null);
test(waits, new TransientError('Retry-After of 7 s', 7000), 1, 7000);
test(waits, new TransientError('Retry-After of 0 s', 0), 2, 200);
test(waits, new TransientError('Retry-After of an hour', 3_600_000), 1, null);
test(waits, new Error('for good'), 1, null);
