import test from 'ava';
import { createSemaphore } from '../../../../supervisor/service/semaphore.ts';

const hourMs = 3_600_000;

function job(): { readonly promise: Promise<void>; readonly resolve: () => void } {
	return Promise.withResolvers<void>();
}

test('Semaphore.run() runs as many at a time as it has places, in the order of the calls', async (t) => {
	const semaphore = createSemaphore(2, hourMs);
	const jobs = [job(), job(), job(), job()];
	const begun: number[] = [];
	const all = jobs.map(({ promise }, index) =>
		semaphore.run(async () => {
			begun.push(index);
			await promise;
		}),
	);
	t.deepEqual(begun, [0, 1]);
	jobs[1]?.resolve();
	await all[1];
	await new Promise(setImmediate);
	t.deepEqual(begun, [0, 1, 2]);
	for (const each of jobs) each.resolve();
	await Promise.all(all);
	t.deepEqual(begun, [0, 1, 2, 3]);
	t.is(await semaphore.run(async () => 'free again'), 'free again');
});

test('Semaphore.run() passes an error on and frees the place', async (t) => {
	const semaphore = createSemaphore(1, hourMs);
	const failing = semaphore.run(() => Promise.reject(new Error('no such program')));
	const next = semaphore.run(async () => 'next');
	await t.throwsAsync(failing, { message: 'no such program' });
	t.is(await next, 'next');
});

test('Semaphore.run() gives the place of work that hangs to the next, once', async (t) => {
	const semaphore = createSemaphore(1, 1);
	const hangs = job();
	const hanging = semaphore.run(() => hangs.promise);
	const busy = job();
	const second = semaphore.run(() => busy.promise);
	// Both have lost their place by then, and neither gives it back a second time.
	await semaphore.run(async () => undefined);
	hangs.resolve();
	busy.resolve();
	await Promise.all([hanging, second]);
	const order: string[] = [];
	await Promise.all(
		['a', 'b'].map((name) =>
			semaphore.run(async () => {
				order.push(`${name} begins`);
				await Promise.resolve();
				order.push(`${name} ends`);
			}),
		),
	);
	t.deepEqual(order, ['a begins', 'a ends', 'b begins', 'b ends']);
});
