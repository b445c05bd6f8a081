import test from 'ava';
import { createPortWriter } from '../../../../supervisor/channel/port-writer.ts';

test('createPortWriter() writes all in order to a port that is full now and then', async (t) => {
	const taken: Buffer[] = [];
	let call = 0;
	const writer = createPortWriter((bytes) => {
		call += 1;
		const count = call % 3 === 0 ? 0 : Math.min(bytes.length, call);
		taken.push(Buffer.from(bytes.subarray(0, count)));
		return count;
	});
	for (const text of ['one', 'two', 'three', 'four']) writer.write(Buffer.from(text));
	await writer.flushed();
	t.is(Buffer.concat(taken).toString(), 'onetwothreefour');
	t.true(call > 4);
});

test('createPortWriter() drops what a port that is gone does not take', async (t) => {
	const writer = createPortWriter(() => {
		throw new Error('EIO');
	});
	writer.write(Buffer.from('lost'));
	await t.notThrowsAsync(writer.flushed());
});
