import test from 'ava';
import { isInForeground } from '../../../../native/linux/foreground.ts';

const stat = (group: number, foreground: number): string =>
	`77 (a) b (c) S 1 ${group} 50 34816 ${foreground} 4194304 100`;

test('isInForeground() compares the group with that of the terminal', (t) => {
	t.true(isInForeground(stat(77, 77)));
	t.false(isInForeground(stat(77, 50)));
});

test('isInForeground() is true without a terminal', (t) => {
	t.true(isInForeground(stat(77, -1)));
});
