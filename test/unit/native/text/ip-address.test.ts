import test from 'ava';
import { addressBytes, addressText, parsePrefixedAddress } from '../../../../native/text/ip-address.ts';

const read: readonly [address: string, hex: string][] = [
	['192.0.2.15', 'c000020f'],
	['::', '0'.repeat(32)],
	['::1', `${'0'.repeat(31)}1`],
	['2001:db8::1', '20010db8000000000000000000000001'],
	['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
	['fe80::', 'fe800000000000000000000000000000'],
	['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
	['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
];
for (const [address, hex] of read) {
	test(`addressBytes() of ${address}`, (t) => {
		t.is(Buffer.from(addressBytes(address) ?? []).toString('hex'), hex);
	});
}

for (const address of ['', '192.0.2', '192.0.2.256', '1::2::3', 'fe80::1%eth0', '[::1]', '2001:db8::1/64']) {
	test(`addressBytes() refuses "${address}"`, (t) => t.is(addressBytes(address), null));
}

test('parsePrefixedAddress() reads both kinds, and refuses a prefix that is longer than the address', (t) => {
	t.deepEqual(parsePrefixedAddress('10.0.0.1/8'), { address: Uint8Array.of(10, 0, 0, 1), prefixLength: 8 });
	t.is(parsePrefixedAddress('fd00::1/64')?.address.length, 16);
	for (const text of ['10.0.0.1/33', 'fd00::1/129', '10.0.0/8', '10.0.0.1/', 'a/8'])
		t.is(parsePrefixedAddress(text), null);
});

for (const address of ['192.0.2.15', '::', '2001:db8::1', 'fd5c:1ba7:a710:7::', '2001:db8:1:2:3:4:5:6']) {
	test(`addressText() writes ${address}`, (t) => {
		t.is(addressText(addressBytes(address) ?? Uint8Array.of()), address);
	});
}
