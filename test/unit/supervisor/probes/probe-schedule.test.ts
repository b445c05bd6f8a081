import test from 'ava';
import { nextStepMs, startSchedule, step } from '../../../../supervisor/probes/probe-schedule.ts';

const rules = { intervalMs: 100, timeoutMs: 30, retries: 3 };

/** A time and an event: `+` works, `-` fails, `?` could not be asked. */
type Arrival = readonly [nowMs: number, what: 'time' | 'begun' | '+' | '-' | '?'];

function play(arrivals: readonly Arrival[], used = rules): string[] {
	let schedule = startSchedule(0);
	return arrivals.map(([nowMs, what]) => {
		const answer = what === '+' ? 'works' : what === '?' ? 'not-asked' : ({ fails: 'refused' } as const);
		const event =
			what === 'time' || what === 'begun'
				? ({ event: what } as const)
				: ({ event: 'answer', answer } as const);
		const after = step(schedule, event, nowMs, used);
		schedule = after.schedule;
		const actions = after.actions.map((action) => {
			if (action.action !== 'report') return action.action;
			return action.verdict === 'works' ? 'works' : `fails: ${action.reason}`;
		});
		return `${actions.join(', ')} until ${nextStepMs(schedule, used)}`.trim();
	});
}

const plays = test.macro({
	exec(t, arrivals: readonly Arrival[], expected: readonly string[], used?: typeof rules) {
		t.deepEqual(play(arrivals, used ?? rules), expected);
	},
	title: (name) => `step(): ${name ?? ''}`,
});

const asked = (ms: number): Arrival[] => [
	[ms, 'time'],
	[ms, 'begun'],
];

test(
	'the first success is reported, the second is not',
	plays,
	[...asked(0), [5, '+'], ...asked(100), [105, '+']],
	['ask until Infinity', 'until 30', 'works until 100', 'ask until Infinity', 'until 130', 'until 200'],
);
test(
	'failures in a row are reported once, and the success after them',
	plays,
	[
		...asked(0),
		[5, '-'],
		...asked(100),
		[105, '-'],
		...asked(200),
		[205, '-'],
		...asked(300),
		[305, '-'],
		...asked(400),
		[405, '+'],
	],
	[
		...['ask until Infinity', 'until 30', 'until 100'],
		...['ask until Infinity', 'until 130', 'until 200'],
		...['ask until Infinity', 'until 230', 'fails: refused until 300'],
		...['ask until Infinity', 'until 330', 'until 400'],
		...['ask until Infinity', 'until 430', 'works until 500'],
	],
);
test(
	'a success between failures starts the count over',
	plays,
	[...asked(0), [1, '-'], ...asked(100), [101, '-'], ...asked(200), [201, '+'], ...asked(300), [301, '-']],
	[
		...['ask until Infinity', 'until 30', 'until 100'],
		...['ask until Infinity', 'until 130', 'until 200'],
		...['ask until Infinity', 'until 230', 'works until 300'],
		...['ask until Infinity', 'until 330', 'until 400'],
	],
);
test(
	'no answer in time is a failure, and what comes later is none',
	plays,
	[...asked(0), [30, 'time'], [40, '+'], [99, 'time'], [100, 'time']],
	[
		...['ask until Infinity', 'until 30'],
		...['abort, fails: no answer in 30 ms until 130', 'until 100', 'until 100', 'ask until Infinity'],
	],
	{ ...rules, retries: 1 },
);
test(
	'a question that never ends is one more failure each interval, and no other is put',
	plays,
	[...asked(0), [30, 'time'], [100, 'time'], [130, 'time'], [230, 'time'], [250, '-'], [250, 'time']],
	[
		...['ask until Infinity', 'until 30', 'abort until 130', 'until 130', 'until 230'],
		...['fails: no answer in 30 ms until 330', 'until 100', 'ask until Infinity'],
	],
);
test(
	'what could not be asked counts for nothing, and does not start the count over',
	plays,
	[
		...asked(0),
		[1, '-'],
		[100, 'time'],
		[5000, 'time'],
		[9000, '?'],
		...asked(9000),
		[9001, '-'],
		...asked(9100),
		[9101, '-'],
	],
	[
		...['ask until Infinity', 'until 30', 'until 100', 'ask until Infinity', 'until Infinity', 'until 200'],
		...['ask until Infinity', 'until 9030', 'until 9100'],
		...['ask until Infinity', 'until 9130', 'fails: refused until 9200'],
	],
);
test(
	'an answer that is slower than the interval delays the next question',
	plays,
	[...asked(0), [100, 'time'], [250, '+'], [250, 'time']],
	['ask until Infinity', 'until 300', 'until 300', 'works until 100', 'ask until Infinity'],
	{ ...rules, timeoutMs: 300 },
);
test(
	'an answer that nobody waits for is ignored',
	plays,
	[
		[0, '+'],
		[0, 'begun'],
	],
	['until 0', 'until 0'],
);
