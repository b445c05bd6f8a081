import test from 'ava';
import { inParallel, openPool } from '../../../../tools/files/concurrency.ts';

test('inParallel() does all items, never more than it may at the same time', async (t) => {
	let running = 0;
	let most = 0;
	const done: number[] = [];
	await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
		most = Math.max(most, ++running);
		await new Promise(setImmediate);
		done.push(item);
		running--;
	});
	t.is(most, 2);
	t.deepEqual(done, [1, 2, 3, 4, 5]);
});

test('inParallel() rejects with the first failure when all that had begun has ended, and begins no more', async (t) => {
	const controller = new AbortController();
	const begun: number[] = [];
	const ended: number[] = [];
	const work = async (item: number): Promise<void> => {
		begun.push(item);
		if (item === 2) throw new Error('two');
		await new Promise(setImmediate);
		ended.push(item);
		if (item === 1) throw new Error('one');
	};
	await t.throwsAsync(inParallel([1, 2, 3, 4], 2, work, controller), { message: 'two' });
	t.true(controller.signal.aborted);
	t.deepEqual(begun, [1, 2]);
	t.deepEqual(ended, [1]);
});

test('inParallel() begins nothing once it is aborted', async (t) => {
	const controller = new AbortController();
	controller.abort();
	const begun: number[] = [];
	await inParallel([1], 2, async (item) => void begun.push(item), controller);
	t.deepEqual(begun, []);
});

test('openPool() makes no more than it may, and lends again what was given back, in the order of the requests', async (t) => {
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

test('openPool().use() gives the item back after a failure too', async (t) => {
	const pool = openPool(1, () => 'a');
	await t.throwsAsync(
		pool.use(() => Promise.reject(new Error('no'))),
		{ message: 'no' },
	);
	t.is(await pool.use(async (item) => item), 'a');
});
