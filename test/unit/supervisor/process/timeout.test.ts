import test from 'ava';
import { within, withTimeout } from '../../../../supervisor/process/timeout.ts';

const never = new Promise<never>(() => undefined);
const tooLate = (): Error => new Error('too late');

test('within() resolves to the value, also without a timeout, and reports when the time is up', async (t) => {
	t.deepEqual(await within(Promise.resolve(7), 60_000), { done: true, value: 7 });
	t.deepEqual(await within(Promise.resolve(7), Number.POSITIVE_INFINITY), { done: true, value: 7 });
	t.deepEqual(await within(never, 1), { done: false });
});

test('withTimeout() resolves to the value, passes a rejection on and rejects when the time is up', async (t) => {
	t.is(await withTimeout(Promise.resolve(7), 60_000, tooLate), 7);
	await t.throwsAsync(withTimeout(Promise.reject(new Error('no')), 60_000, tooLate), { message: 'no' });
	await t.throwsAsync(withTimeout(never, 1, tooLate), { message: 'too late' });
});
