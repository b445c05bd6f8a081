import test from 'ava';
import { signedTimeMs, whyTooOld } from '../../../../tools/trust/signature-age.ts';

const reads = test.macro({
	exec: (t, value: unknown, expected: number | null) => t.is(signedTimeMs(value), expected),
	title: (_, value) => `signedTimeMs() of ${JSON.stringify(value)}`,
});

test(reads, 1_700_000_000, 1_700_000_000_000);
test(reads, '1700000000', 1_700_000_000_000);
for (const value of [undefined, null, '', 'now', '-1', -1, 1.5, 1e15, '9'.repeat(400), ['1700000000'], true])
	test(reads, value, null);

const dayMs = 24 * 3_600_000;
const nowMs = Date.UTC(2026, 5, 30, 12);

const judges = test.macro({
	exec: (t, signedAtMs: number | null, expected: string | null) =>
		t.is(whyTooOld(signedAtMs, { maxAgeMs: 90 * dayMs, nowMs }), expected),
	title: (what) => `whyTooOld() ${what}`,
});

test('accepts a signature of now', judges, nowMs, null);
test('accepts a signature of exactly the age', judges, nowMs - 90 * dayMs, null);
test('accepts the clock of another that is ahead', judges, nowMs + dayMs, null);
test(
	'refuses an old signature',
	judges,
	nowMs - 91 * dayMs,
	'one is of 2026-03-31T12:00, 91 days ago, and "maxAge" allows 90 days',
);
test(
	'refuses a time in the future',
	judges,
	nowMs + 2 * dayMs,
	'one is of 2026-07-02T12:00, which is in the future',
);
test(
	'refuses a signature without a time',
	judges,
	null,
	'one has no signed time, which "maxAge" needs (cosign sign -a timestamp=$(date +%s))',
);
