import test from 'ava';
import { createStartGate } from '../../../../supervisor/service/start-gate.ts';

const hourMs = 3_600_000;

function job(): { readonly promise: Promise<void>; readonly resolve: () => void } {
	return Promise.withResolvers<void>();
}

test('run() lets so many in at a time, in the order of their coming', async (t) => {
	const gate = createStartGate(2, hourMs);
	const jobs = [job(), job(), job(), job()];
	const begun: number[] = [];
	const all = jobs.map(({ promise }, index) =>
		gate.run(async () => {
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
	t.is(await gate.run(async () => 'free again'), 'free again');
});

test('run() passes an error on, and the place is free again', async (t) => {
	const gate = createStartGate(1, hourMs);
	const failing = gate.run(() => Promise.reject(new Error('no such program')));
	const next = gate.run(async () => 'next');
	await t.throwsAsync(failing, { message: 'no such program' });
	t.is(await next, 'next');
});

test('run() gives the place of one that hangs to the next, once', async (t) => {
	const gate = createStartGate(1, 1);
	const hangs = job();
	const hanging = gate.run(() => hangs.promise);
	const busy = job();
	const second = gate.run(() => busy.promise);
	// Both have lost their place by then, and neither gives it back a second time.
	await gate.run(async () => undefined);
	hangs.resolve();
	busy.resolve();
	await Promise.all([hanging, second]);
	const order: string[] = [];
	await Promise.all(
		['a', 'b'].map((name) =>
			gate.run(async () => {
				order.push(`${name} begins`);
				await Promise.resolve();
				order.push(`${name} ends`);
			}),
		),
	);
	t.deepEqual(order, ['a begins', 'a ends', 'b begins', 'b ends']);
});
