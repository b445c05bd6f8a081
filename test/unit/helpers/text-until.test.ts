import { PassThrough } from 'node:stream';
import test from 'ava';
import { textUntil } from '../../helpers/text-until.ts';

test('textUntil() waits for all pieces that the pattern needs', async (t) => {
	const stream = new PassThrough();
	const text = textUntil(stream, /^10\.\S+ web$/m);
	stream.write('127.0.0.1 localhost\n10.2');
	await new Promise(setImmediate);
	stream.write('.0.3 web\n');
	t.is(await text, '127.0.0.1 localhost\n10.2.0.3 web\n');
});

test('textUntil() says what came instead', async (t) => {
	const stream = new PassThrough();
	const text = textUntil(stream, /never/);
	stream.end('only this');
	await t.throwsAsync(text, { message: 'it ended without /never/: only this' });
});
