import test from 'ava';
import { planNumbers } from '../../../../supervisor/contract/number-plan.ts';

const range = { first: 2, count: 2 ** 16 - 3 };

test('planNumbers() gives a name the same number whatever other names there are', (t) => {
	const alone = planNumbers(['web'], range).get('web');
	const together = planNumbers(['db', 'web', 'cache'], range);
	t.is(together.get('web'), alone);
	t.is(new Set(together.values()).size, 3);
});

test('planNumbers() gives numbers of the range, each once, also when there are as many names as to collide', (t) => {
	const names = Array.from({ length: 3000 }, (_, index) => `service-${index}`);
	const numbers = [...planNumbers(names, range).values()];
	t.is(new Set(numbers).size, names.length);
	t.true(numbers.every((number) => number >= 2 && number < 2 ** 16 - 1));
	t.deepEqual(planNumbers(names.toReversed(), range), planNumbers(names, range));
	t.is(new Set(planNumbers(names.slice(0, 5), { first: 2, count: 5 }).values()).size, 5, 'a full range');
	t.is(planNumbers(names, { first: 2, count: 5 }).size, 5, 'more names than numbers');
});
