import test from 'ava';
import { faultKinds, faultTargets, planFaults } from '../../../campaigns/faults/plan-faults.ts';

test('planFaults() gives the same faults for the same seed, and others for another', (t) => {
	t.deepEqual(planFaults(7, 200), planFaults(7, 200));
	t.notDeepEqual(planFaults(7, 200), planFaults(8, 200));
	t.deepEqual(planFaults(7, 200).slice(0, 10), planFaults(7, 10), 'a shorter campaign is the beginning');
});

test('planFaults() has each kind once before any comes again', (t) => {
	const faults = planFaults(1, 200);
	t.is(faults.length, 200);
	const first = faults.slice(0, faultKinds.length).map(({ kind }) => kind);
	t.deepEqual(first.toSorted(), [...faultKinds].toSorted());
	t.notDeepEqual(first, faultKinds);
});

test('planFaults() names a service where the kind has some, and all of them in time', (t) => {
	const faults = planFaults(3, 2000);
	for (const kind of faultKinds) {
		const services = new Set(faults.filter((fault) => fault.kind === kind).map(({ service }) => service));
		const targets: readonly string[] = faultTargets[kind];
		t.deepEqual([...services].toSorted(), targets.length === 0 ? [''] : targets.toSorted());
	}
});

test('planFaults() leaves to chance whole numbers below 1000', (t) => {
	const chances = planFaults(5, 500).map(({ chance }) => chance);
	t.true(chances.every((chance) => Number.isInteger(chance) && chance >= 0 && chance < 1000));
	t.true(new Set(chances).size > 300);
});
