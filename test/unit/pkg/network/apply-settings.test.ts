// Which card gets which settings, with folders as sysfs has them. test/ns/network-links.test.ts makes real links.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Native } from '../../../../native/native.ts';
import { applySettings } from '../../../../pkg/network/apply-settings.ts';
import type { Card } from '../../../../pkg/network/settings.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const first = '52:54:00:00:00:01';
const second = '52:54:00:00:00:02';

const card: Card = {
	kind: 'card',
	id: 'lan',
	isDhcp: false,
	addresses: [],
	routes: [],
	nameServers: [],
	search: [],
	mtu: null,
	macAddress: null,
	matchMac: null,
	matchName: null,
	matchDriver: null,
	setName: null,
	isOptional: true,
};

type Files = Readonly<Record<string, string>>;

async function nameOfCard(
	t: ExecutionContext,
	settings: Partial<Card>,
	cards: Readonly<Record<string, Files>>,
): Promise<string | undefined> {
	const devices = scratchFolder(t);
	for (const [name, files] of Object.entries(cards)) {
		mkdirSync(join(devices, name, 'bonding_slave'), { recursive: true });
		const { driver, ...texts } = files;
		for (const [file, text] of Object.entries(texts)) writeFileSync(join(devices, name, file), `${text}\n`);
		if (driver === undefined) continue;
		mkdirSync(join(devices, name, 'device'));
		symlinkSync(`../../drivers/${driver}`, join(devices, name, 'device/driver'));
	}
	const { native } = createFakeNative();
	// The numbers of the kernel's headers are of no matter here.
	const numbers = new Proxy({}, { get: () => 1 });
	const calls = new Proxy(native, {
		get: (target, key) => (key === 'constants' ? numbers : target[key as keyof Native]),
	});
	const names = await applySettings([{ ...card, ...settings }], { native: calls, devices, waitMs: 0 });
	return names.get('lan');
}

const finds = test.macro({
	async exec(t, settings: Partial<Card>, cards: Readonly<Record<string, Files>>, expected?: string) {
		t.is(await nameOfCard(t, settings, cards), expected);
	},
	title: (_, settings) => `applySettings() finds a card by ${JSON.stringify(settings)}`,
});

const two = { eth0: { address: first }, eth1: { address: second } };

test(finds, { matchMac: second }, two, 'eth1');
test(finds, { matchMac: second, matchName: 'eth0' }, two);
test(finds, { matchName: 'eth?' }, two, 'eth0');
test(finds, { id: 'lan', matchName: 'eth1', setName: 'wan' }, two, 'wan');
const drivers = { eth0: { address: first }, eth1: { address: second, driver: 'virtio_net' } };
test(finds, { matchDriver: 'virtio*' }, drivers, 'eth1');
test(finds, { matchDriver: 'e1000e' }, drivers);

test('applySettings() does not take a card for another whose future name it has', async (t) => {
	t.is(await nameOfCard(t, { matchMac: '52:54:00:00:00:03', setName: 'eth0' }, two), undefined);
});

test('applySettings() finds a card again that is in a bond or has got another address', async (t) => {
	const members = {
		eth0: { address: first, 'bonding_slave/perm_hwaddr': first },
		eth1: { address: first, 'bonding_slave/perm_hwaddr': second },
	};
	t.is(await nameOfCard(t, { matchMac: second }, members), 'eth1');
	const macAddress = Uint8Array.of(2, 0, 0, 0, 0, 0xa);
	const renamed = { wan: { address: '02:00:00:00:00:0a' } };
	t.is(await nameOfCard(t, { matchMac: second, macAddress, setName: 'wan' }, renamed), 'wan');
	const changed = { eth0: { address: first }, eth1: { address: '02:00:00:00:00:0a' } };
	t.is(await nameOfCard(t, { matchMac: second, macAddress }, changed), 'eth1');
	t.is(await nameOfCard(t, { matchMac: first, macAddress }, changed), 'eth0');
});
