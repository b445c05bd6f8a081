import test from 'ava';
import { nameFromBytes, nameToBytes } from '../../../../supervisor/image/name-bytes.ts';

const roundTrip = test.macro({
	exec(t, bytes: Buffer, name: string) {
		t.is(nameFromBytes(bytes), name);
		t.deepEqual(nameToBytes(name), bytes);
	},
	title: (what = '') => `nameFromBytes() and back: ${what}`,
});

test('ASCII', roundTrip, Buffer.from('a/b'), 'a/b');
test('UTF-8', roundTrip, Buffer.from('é€😀'), 'é€😀');
test('Latin-1', roundTrip, Buffer.from('caf\xe9s', 'latin1'), 'caf\udce9s');
test('a cut character', roundTrip, Buffer.from('f09f98', 'hex'), '\udcf0\udc9f\udc98');
test('between characters', roundTrip, Buffer.from('f09f9880ffc3a9', 'hex'), '😀\udcffé');
test(
	'an encoded surrogate, which is not UTF-8',
	roundTrip,
	Buffer.from('eda080', 'hex'),
	'\udced\udca0\udc80',
);
test('a byte order mark', roundTrip, Buffer.from('efbbbf61', 'hex'), '\ufeffa');
