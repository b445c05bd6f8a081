import test from 'ava';
import { oemStrings } from '../../../../native/linux/smbios.ts';

function structure(type: number, fixedBytes: number, ...strings: readonly string[]): Buffer {
	const fixed = Buffer.alloc(4 + fixedBytes, 0xaa);
	fixed.set([type, fixed.length, 0, 1]);
	const texts = strings.length === 0 ? '\0' : strings.map((text) => `${text}\0`).join('');
	return Buffer.concat([fixed, Buffer.from(`${texts}\0`, 'latin1')]);
}

test('oemStrings() reads the strings of type 11 among other structures', (t) => {
	const table = Buffer.concat([
		structure(1, 23, 'QEMU', 'slipway.events=no'),
		structure(32, 7),
		structure(11, 1, 'slipway.events=ttyS1', 'b'),
		structure(11, 1, 'c'),
		structure(127, 0),
	]);
	t.deepEqual(oemStrings(table), ['slipway.events=ttyS1', 'b', 'c']);
});

test('oemStrings() ends at a table that is cut or damaged', (t) => {
	const whole = structure(11, 1, 'a');
	t.deepEqual(oemStrings(Buffer.alloc(0)), []);
	for (let length = 0; length < whole.length; length++)
		t.deepEqual(oemStrings(whole.subarray(0, length)), []);
	t.deepEqual(oemStrings(Buffer.concat([whole, Buffer.from([11, 0, 0, 0, 0, 0])])), ['a']);
});
