import test from 'ava';
import { isServicePhase, type PhaseFacts, phases } from '../../../../supervisor/contract/phases.ts';

const having = test.macro({
	exec(t, fact: keyof PhaseFacts, expected: readonly string[]) {
		t.deepEqual(
			Object.entries(phases).flatMap(([phase, facts]) => (facts[fact] ? [phase] : [])),
			[...expected],
		);
	},
	title: (_, fact, expected: readonly string[]) => `phases: ${fact} holds for ${expected.join(', ')}`,
});

test(having, 'isUp', ['running', 'ready']);
test(having, 'isOnTheWay', ['waiting', 'starting', 'running']);
test(having, 'isEnding', ['unhealthy', 'stopping']);
test(having, 'isFinal', ['stopped', 'failed']);
test(having, 'isFailure', ['backoff', 'failed']);

test('phases: a final phase neither runs nor ends nor starts', (t) => {
	for (const facts of Object.values<PhaseFacts>(phases).filter(({ isFinal }) => isFinal))
		t.false(facts.isUp || facts.isOnTheWay || facts.isEnding);
});

test('isServicePhase() accepts the names of the table only', (t) => {
	t.true(Object.keys(phases).every(isServicePhase));
	for (const value of ['', 'Running', 'constructor', '__proto__', 'toString', null, 1, ['ready']])
		t.false(isServicePhase(value), String(value));
});
