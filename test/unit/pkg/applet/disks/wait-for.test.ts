import test from 'ava';
import { waitFor, waitTimeoutMs } from '../../../../../pkg/applet/disks/wait-for.ts';

test('waitFor() asks until the answer is final', async (t) => {
	let asked = 0;
	t.is(
		await waitFor(
			60_000,
			() => ++asked,
			(answer) => answer === 3,
		),
		3,
	);
	t.is(asked, 3);
});

test('waitFor() gives the last answer when the time is over, and asks once where there is none', async (t) => {
	let asked = 0;
	t.is(
		await waitFor(
			0,
			() => ++asked,
			() => false,
		),
		1,
	);
	t.true(
		(await waitFor(
			150,
			() => ++asked,
			() => false,
		)) > 2,
	);
});

test('waitTimeoutMs() is what was wished for, else long only for a named disk', (t) => {
	t.deepEqual([waitTimeoutMs(0, true), waitTimeoutMs(7, false)], [0, 7_000]);
	t.deepEqual([waitTimeoutMs(-1, true), waitTimeoutMs(-1, false)], [10_000, 2_000]);
});
