// Both ways, the first: the bundles that LinuxKit's own tool wrote (test/golden/redis-os-slim), in its layout, run
// under our init. Their root file systems are our packages', and one container more gets an address for the network.

import { globSync, readFileSync } from 'node:fs';
import test from 'ava';
import type { Entry } from '../../tools/archive/entry.ts';
import type { ImageStore } from '../../tools/images/store.ts';
import { imageEntries } from '../../tools/system/image-entries.ts';
import { folder, parentFolders, placeImage, textFile } from '../../tools/system/place-image.ts';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest } from '../helpers/guest.ts';
import { ownStore, putTree } from '../helpers/own-store.ts';
import { buildSystem } from '../helpers/system.ts';
import { putTestImage } from '../helpers/tar.ts';

const golden = 'test/golden/redis-os-slim';

const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1, test/linuxkit-bundles:v1]
onboot:
  - name: dhcpcd
    image: slipway/dhcpcd:v1
    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd.conf", "-1"]
`;

async function* bundles(store: ImageStore): AsyncGenerator<Entry, void> {
	for (const path of globSync('containers/*/*/', { cwd: golden }).sort()) {
		yield* parentFolders(path);
		for (const name of ['config.json', 'runtime.json'])
			yield textFile(`${path}/${name}`, readFileSync(`${golden}/${path}/${name}`, 'utf8'));
		yield folder(`${path}/tmp`);
		yield folder(`${path}/rootfs`);
	}
	// The second onboot container has the root of the first: LinuxKit's runtime.json names that folder.
	yield* rootOf(store, 'test/busybox:v1', 'containers/onboot/000-one/lower');
	yield* rootOf(store, 'slipway/redis:v1', 'containers/services/redis/lower');
}

async function* rootOf(store: ImageStore, name: string, prefix: string): AsyncGenerator<Entry, void> {
	const image = await store.find(name);
	if (image === null) throw new Error(`${name} is not there`);
	yield* placeImage(imageEntries(store.blobs, image), { prefix, resolvConfLink: null });
}

test("LinuxKit's own bundles run under our init: both onboot containers, and Redis answers from outside", async (t) => {
	const store = await ownStore('linuxkit-bundles');
	const busybox = readFileSync('/bin/busybox') as unknown as string;
	await putTestImage(store, 'test/busybox:v1', [
		{ name: 'bin/busybox', body: busybox, mode: 0o755 },
		{ name: 'bin/echo', type: 'symlink', linkname: 'busybox' },
	]);
	await putTree(store, 'test/linuxkit-bundles:v1', bundles(store));
	const name = await buildSystem('linuxkit-bundles', yaml, '--cache', store.folder);
	const guest = await bootReadyGuest(name);
	t.teardown(() => guest.machine.stop());
	t.is(await eventually(async () => ((await guest.redis('PING')) === 'PONG' ? 'PONG' : null)), 'PONG');
	t.is(await guest.redis('SET', 'greeting', 'hello'), 'OK');
	t.is(await guest.redis('GET', 'greeting'), 'hello');
	const done = guest.machine.events.flatMap((event) =>
		event.event === 'onboot' && event.state === 'done' ? [event.name] : [],
	);
	t.deepEqual(done, ['000-dhcpcd', '000-one', '001-two']);
	const exit = await guest.machine.powerOff(60_000);
	t.like(exit, { exitCode: 0, shutdown: 'poweroff' });
});
