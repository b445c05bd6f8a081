import test from 'ava';
import { openPool } from '../../../../tools/files/pool.ts';

test('openPool() makes no more than it may, and lends again what was given back, in the order of asking', async (t) => {
	let made = 0;
	const pool = openPool(2, () => ++made);
	t.deepEqual([await pool.take(), await pool.take()], [1, 2]);
	const [third, fourth] = [pool.take(), pool.take()];
	pool.give(2);
	pool.give(1);
	t.deepEqual([await third, await fourth], [2, 1]);
	pool.give(1);
	t.is(await pool.take(), 1);
	t.is(made, 2);
});
