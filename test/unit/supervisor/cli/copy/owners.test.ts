import test from 'ava';
import { containerOwner, systemOwner } from '../../../../../supervisor/cli/copy/owners.ts';

const mappings = [
	{ containerID: 0, hostID: 100_000, size: 1000 },
	{ containerID: 5000, hostID: 300_000, size: 10 },
];

test('owners stay as they are without a user namespace', (t) => {
	t.is(containerOwner(7, []), 7);
	t.is(systemOwner(7, []), 7);
});

test('owners are mapped into the user namespace and back', (t) => {
	for (const [inside, outside] of [
		[0, 100_000],
		[999, 100_999],
		[5003, 300_003],
	] as const) {
		t.is(containerOwner(outside, mappings), inside);
		t.is(systemOwner(inside, mappings), outside);
	}
});

test("systemOwner() never gives the system's root for an owner that the container does not have", (t) => {
	t.is(systemOwner(2000, mappings), 100_000);
	t.is(systemOwner(2000, mappings.slice(1)), 300_000);
	t.is(containerOwner(0, mappings), 65_534);
});
