import test from 'ava';
import { signalName, signalNumber } from '../../../../supervisor/contract/signals.ts';

const numbers: Readonly<Record<string, number | null>> = {
	SIGTERM: 15,
	SIGRTMIN: 34,
	'SIGRTMIN+3': 37,
	'SIGRTMIN+30': 64,
	'SIGRTMIN+31': null,
	SIGRTMAX: 64,
	'SIGRTMAX-1': 63,
	'SIGRTMAX-30': 34,
	'SIGRTMAX-31': null,
	'SIGRTMAX+1': null,
	'SIGRTMIN-1': null,
	'SIGRTMIN+': null,
	'SIGRTMIN+3x': null,
	SIGRT: null,
	TERM: null,
	constructor: null,
	'': null,
};

for (const [name, number] of Object.entries(numbers)) {
	test(`signalNumber() of "${name}" is ${number}`, (t) => {
		t.is(signalNumber(name), number);
	});
}

test('signalName() is what signalNumber() takes, except for numbers that the C library keeps', (t) => {
	for (let number = 1; number <= 64; number++) {
		const name = signalName(number);
		if (number === 32 || number === 33) t.is(name, null);
		else t.is(signalNumber(name ?? ''), number, `${number}`);
	}
	for (const number of [-1, 0, 65, Number.NaN, 36.5]) t.is(signalName(number), null);
});
