import test from 'ava';
import { ForwardQueue } from '../../../../supervisor/logs/forward-queue.ts';

const lines = (...texts: readonly string[]) => Buffer.from(texts.map((text) => `${text}\n`).join(''));

test('ForwardQueue returns records in their order, in batches of complete ones', (t) => {
	const queue = new ForwardQueue(10_000);
	queue.add(lines('one', 'two'));
	queue.add(lines('three'));
	t.is(queue.take(9).toString(), 'one\ntwo\n');
	queue.add(lines('four'));
	t.is(queue.take(100).toString(), 'three\nfour\n');
	t.true(queue.isEmpty);
	t.is(queue.take(100).length, 0);
});

test('ForwardQueue.take() splits a chunk between records, and returns a record that exceeds the limit', (t) => {
	const queue = new ForwardQueue(10_000);
	queue.add(lines('one', 'a longer one', 'x'));
	t.is(queue.take(5).toString(), 'one\n');
	t.is(queue.take(5).toString(), 'a longer one\n');
	t.is(queue.take(5).toString(), 'x\n');
	t.true(queue.isEmpty);
});

test('ForwardQueue drops the oldest chunks over its limit and counts their lines', (t) => {
	const queue = new ForwardQueue(1000);
	for (let chunk = 0; chunk < 10; chunk++) queue.add(lines(`${chunk}a`, `${chunk}b`));
	t.is(queue.take(1000).toString().split('\n')[0], '6a');
	t.is(queue.droppedLines, 12);
	queue.forgetDropped(12);
	t.is(queue.droppedLines, 0);
});

test('ForwardQueue drops a chunk that alone exceeds its limit', (t) => {
	const queue = new ForwardQueue(1000);
	queue.add(lines('x'.repeat(2000)));
	t.true(queue.isEmpty);
	t.is(queue.droppedLines, 1);
});

test('ForwardQueue counts its size correctly, however it is emptied', (t) => {
	const queue = new ForwardQueue(2000);
	for (let round = 0; round < 1000; round++) {
		queue.add(lines('one', 'two', 'three'));
		while (!queue.isEmpty) queue.take(1 + (round % 17));
	}
	t.is(queue.droppedLines, 0);
});

test('ForwardQueue keeps a copy', (t) => {
	const queue = new ForwardQueue(2000);
	const bytes = lines('one');
	queue.add(bytes);
	bytes.fill(0);
	t.is(queue.take(100).toString(), 'one\n');
});
