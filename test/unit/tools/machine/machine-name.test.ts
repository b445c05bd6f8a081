import test from 'ava';
import { UsageError } from '../../../../tools/errors.ts';
import {
	checkMachineName,
	defaultMachineName,
	firstFreeName,
} from '../../../../tools/machine/machine-name.ts';

for (const name of ['web', 'Web_2.a-b', 'a'.repeat(40)]) {
	test(`checkMachineName() takes ${name}`, (t) => {
		t.is(checkMachineName(name), name);
	});
}

for (const name of ['', '.', '..', '-d', 'a/b', 'a b', 'a\n', 'ä', 'a'.repeat(41)]) {
	test(`checkMachineName() refuses ${JSON.stringify(name)}`, (t) => {
		t.throws(() => checkMachineName(name), { instanceOf: UsageError, message: /is no name of a machine/ });
	});
}

const defaults: readonly [string, string][] = [
	['build/redis-os', 'redis-os'],
	['a b', 'a-b'],
	['../..', 'system'],
	['.hidden', 'hidden'],
	['x'.repeat(100), 'x'.repeat(36)],
];
for (const [system, name] of defaults) {
	test(`defaultMachineName() of ${system} is a valid name`, (t) => {
		t.is(checkMachineName(defaultMachineName(system)), name);
	});
}

test('firstFreeName() counts from 2', (t) => {
	const taken = new Set(['web', 'web-2']);
	t.is(
		firstFreeName('web', (name) => taken.has(name)),
		'web-3',
	);
	t.is(
		firstFreeName('db', (name) => taken.has(name)),
		'db',
	);
});
