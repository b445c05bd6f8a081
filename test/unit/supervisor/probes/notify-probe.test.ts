import test from 'ava';
import {
	checkDeadline,
	type NotifyReport,
	startNotifyWatch,
	takeMessage,
} from '../../../../supervisor/probes/notify-probe.ts';
import type { NotifyMessage } from '../../../../supervisor/probes/notify-protocol.ts';

const rules = { intervalMs: 100, timeoutMs: 30, retries: 3 };

type Arrival = readonly [nowMs: number, message: NotifyMessage | null];

function play(purpose: 'ready' | 'health', arrivals: readonly Arrival[]): string[] {
	let watch = startNotifyWatch(purpose, rules, 0);
	return arrivals.map(([nowMs, message]) => {
		const after = message === null ? checkDeadline(watch, nowMs) : takeMessage(watch, message, nowMs, rules);
		watch = after.watch;
		return `${textOf(after.report)} until ${watch.deadlineMs ?? 'never'}`;
	});
}

function textOf(report: NotifyReport | null): string {
	if (report === null) return '-';
	return report.verdict === 'works' ? 'works' : report.reason;
}

const plays = test.macro({
	exec(t, purpose: 'ready' | 'health', arrivals: readonly Arrival[], expected: readonly string[]) {
		t.deepEqual(play(purpose, arrivals), expected);
	},
	title: (name, purpose) => `NotifyWatch, ${purpose}: ${name ?? ''}`,
});

test(
	'READY=1 in time',
	plays,
	'ready',
	[
		[50, { status: 'x' }],
		[60, { ready: true }],
		[999, null],
	],
	['- until 300', 'works until never', '- until never'],
);
test(
	'READY=1 too late',
	plays,
	'ready',
	[
		[299, null],
		[300, null],
		[400, { ready: true }],
	],
	['- until 300', 'no READY=1 in 300 ms until never', 'works until never'],
);
test(
	'the last errno is in the reason',
	plays,
	'ready',
	[
		[10, { errno: 2 }],
		[300, null],
	],
	['- until 300', 'no READY=1 in 300 ms; its last ERRNO was 2 until never'],
);
test(
	'EXTEND_TIMEOUT_USEC makes it longer, never shorter',
	plays,
	'ready',
	[
		[10, { extendTimeoutMs: 5 }],
		[20, { extendTimeoutMs: 1000 }],
		[1020, null],
		[1021, { extendTimeoutMs: 5 }],
	],
	['- until 300', '- until 1020', 'no READY=1 in 1020 ms until never', '- until never'],
);
test(
	'WATCHDOG=1 within the interval',
	plays,
	'health',
	[
		[250, { watchdog: 'alive' }],
		[300, null],
		[500, { watchdog: 'alive' }],
	],
	['works until 550', '- until 550', '- until 800'],
);
test(
	'WATCHDOG=1 missed, and back',
	plays,
	'health',
	[
		[300, null],
		[310, { watchdog: 'alive' }],
	],
	['no WATCHDOG=1 in 300 ms until never', 'works until 610'],
);
test(
	'WATCHDOG=trigger fails at once, and once',
	plays,
	'health',
	[
		[10, { watchdog: 'trigger' }],
		[11, { watchdog: 'trigger' }],
	],
	['it sent WATCHDOG=trigger until never', '- until never'],
);
test(
	'WATCHDOG_USEC sets another interval',
	plays,
	'health',
	[
		[10, { watchdogMs: 1000 }],
		[20, { watchdog: 'alive' }],
	],
	['- until 3010', 'works until 3020'],
);
test(
	'STOPPING=1 ends the watch',
	plays,
	'health',
	[
		[10, { stopping: true }],
		[999, null],
	],
	['- until never', '- until never'],
);
test('READY=1 is no sign of health', plays, 'health', [[10, { ready: true }]], ['- until 300']);

test('NotifyWatch, health: after a resume of PID 1, the watch begins with the first WATCHDOG=1', (t) => {
	const found = startNotifyWatch('health', rules, 0, true);
	t.is(found.deadlineMs, null);
	t.is(checkDeadline(found, 10_000).report, null);
	const fed = takeMessage(found, { watchdog: 'alive' }, 10_000, rules).watch;
	t.deepEqual(checkDeadline(fed, 10_300).report, { verdict: 'fails', reason: 'no WATCHDOG=1 in 300 ms' });
	t.is(startNotifyWatch('ready', rules, 0, true).deadlineMs, 300, 'readiness keeps its deadline');
});
