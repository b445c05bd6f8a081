import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { setStaticAddress } from '../../../../init/network/static-address.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const settings = {
	address: '192.0.2.5',
	prefixLength: 24,
	gateway: '192.0.2.1',
	hostname: null,
	device: null,
	nameServers: [],
};

test('setStaticAddress() sets up, address and route of the first card, in this order', async (t) => {
	const devices = scratchFolder(t);
	for (const name of ['lo', 'eth1', 'eth0']) mkdirSync(join(devices, name));
	const { native, lines } = createFakeNative();
	t.is(await setStaticAddress(native, settings, { devices, waitMs: 0 }), 'eth0');
	t.deepEqual(lines(), [
		'interfaceUp eth0',
		'addressAdd eth0 192,0,2,5 24',
		'routeAddDefault eth0 192,0,2,1',
	]);
});

test('setStaticAddress() waits for a device that appears late', async (t) => {
	const devices = scratchFolder(t);
	const { native, lines } = createFakeNative();
	const set = setStaticAddress(
		native,
		{ ...settings, device: 'eth7', gateway: null },
		{ devices, waitMs: 20_000 },
	);
	mkdirSync(join(devices, 'eth0'));
	mkdirSync(join(devices, 'eth7'));
	t.is(await set, 'eth7');
	t.deepEqual(lines(), ['interfaceUp eth7', 'addressAdd eth7 192,0,2,5 24']);
});

for (const [device, message] of [
	[null, 'no network card after 0.1 s; there is lo'],
	['eth9', 'no network device eth9 after 0.1 s; there is lo'],
] as const) {
	test(`setStaticAddress() fails: ${message}`, async (t) => {
		const devices = scratchFolder(t);
		mkdirSync(join(devices, 'lo'));
		const { native, calls } = createFakeNative();
		const places = { devices, waitMs: 100 };
		await t.throwsAsync(setStaticAddress(native, { ...settings, device }, places), { message });
		t.deepEqual(calls, []);
	});
}
