import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import type { ContainerNetwork } from '../../../../supervisor/contract/container-network.ts';
import { guestPaths } from '../../../../supervisor/contract/layout.ts';
import { defaultNetwork } from '../../../../supervisor/contract/network-range.ts';
import { publishPorts } from '../../../../supervisor/network/publish.ts';
import { bundleJson } from '../../../../tools/system/bundle/bundle-json.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';
import { exited, fakeChildren } from '../../../helpers/fake-children.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const port = { address: null, port: 8080, protocol: 'tcp', containerPort: 80 } as const;

/** A guest with the service web, and the kernel's settings of a machine that is no router. */
function guest(network: ContainerNetwork, hasNft: boolean) {
	const folder = scratchFolder();
	const bundle = join(folder, 'containers/services/web');
	const settings = join(folder, 'net');
	mkdirSync(bundle, { recursive: true });
	mkdirSync(join(folder, 'state'));
	writeFileSync(join(bundle, 'network.json'), bundleJson(network));
	const values = {
		'ipv4/ip_forward': 0,
		'ipv4/conf/slip0/route_localnet': 0,
		'ipv6/conf/all/forwarding': 0,
		'ipv6/conf/all/accept_ra': 1,
		'ipv6/conf/default/accept_ra': 1,
		'ipv6/conf/eth0/accept_ra': 1,
		'ipv6/conf/eth1/accept_ra': 0,
		'ipv6/conf/slip0/accept_ra': 1,
		'ipv6/conf/slip-0ad50002/accept_ra': 1,
	};
	for (const [path, value] of Object.entries(values)) {
		mkdirSync(dirname(join(settings, path)), { recursive: true });
		writeFileSync(join(settings, path), `${value}\n`);
	}
	const nft = join(folder, 'nft');
	if (hasNft) writeFileSync(nft, '');
	const paths = { ...guestPaths, nft, containers: join(folder, 'containers'), state: join(folder, 'state') };
	const { native } = createFakeNative({ interfaceIndexIn: () => 1 });
	const read = () => {
		const now = Object.keys(values).map((path) => Number(readFileSync(join(settings, path), 'utf8')));
		return now.join(' ');
	};
	return { paths, settings, native, read };
}

/** The settings of `guest()` in their order. */
const before = '0 0 0 1 1 1 0 0 1';
const after = '1 1 1 1 1 2 0 0 1';

test('publishPorts() loads the rules, then lets the machine forward', async (t) => {
	const { paths, settings, native, read } = guest(bridgeNetwork('web', 2, [port]), true);
	const { children, calls } = fakeChildren(() => {
		t.is(read(), before);
		return exited(0);
	});
	await publishPorts({ native, children }, paths, settings);
	t.deepEqual(calls, [`nft -f ${paths.state}/rules.nft.new`]);
	t.is(read(), after);
	const rules = readFileSync(join(paths.state, 'rules.nft'), 'utf8');
	t.regex(rules, /tcp dport 8080 dnat ip to 10\.213\.0\.2:80/);
	// It forwards now because of the first run, so it is still no router.
	await publishPorts({ native, children: fakeChildren(() => exited(0)).children }, paths, settings);
	t.is(readFileSync(join(paths.state, 'rules.nft'), 'utf8'), rules);
});

test('publishPorts() changes no setting when nft refuses the rules, and says why', async (t) => {
	const { paths, settings, native, read } = guest(bridgeNetwork('web', 2, [port]), true);
	const { children } = fakeChildren(({ stdio }) => {
		writeFileSync(stdio[2], 'Error: Could not process rule: Operation not supported\nmore');
		return exited(1);
	});
	await t.throwsAsync(publishPorts({ native, children }, paths, settings), {
		message: /nft refuses .*rules\.nft\.new: Error: Could not process rule: Operation not supported$/,
	});
	t.is(read(), before);
	t.false(existsSync(join(paths.state, 'rules.nft')));
});

test('publishPorts() needs nft for ports and internal networks alone', async (t) => {
	const { children, calls } = fakeChildren(() => exited(0));
	const without = guest(bridgeNetwork('web', 2), false);
	await publishPorts({ native: without.native, children }, without.paths, without.settings);
	const withPorts = guest(bridgeNetwork('web', 2, [port]), false);
	await t.throwsAsync(
		publishPorts({ native: withPorts.native, children }, withPorts.paths, withPorts.settings),
		{
			message: /slipway\/nftables:v1 in "init"/,
		},
	);
	const internal = guest(bridgeNetwork('web', 2, [], [{ ...defaultNetwork, internal: true }]), false);
	await t.throwsAsync(
		publishPorts({ native: internal.native, children }, internal.paths, internal.settings),
		{ message: /internal networks need .*slipway\/nftables:v1 in "init"/ },
	);
	t.deepEqual(calls, []);
});

test('publishPorts() loads the rules for containers of `service run`, and those of none after the last', async (t) => {
	const { paths, settings, native } = guest(bridgeNetwork('web', 2), true);
	rmSync(join(paths.containers, 'services/web'), { recursive: true });
	const { children, calls } = fakeChildren(() => exited(0));
	await publishPorts({ native, children }, paths, settings);
	t.deepEqual(calls, [], 'there never was a network');
	const folder = join(paths.state, 'runs/box');
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, 'network.json'), bundleJson(bridgeNetwork('box', 3)));
	const rules = () => readFileSync(join(paths.state, 'rules.nft'), 'utf8');
	await publishPorts({ native, children }, paths, settings);
	t.regex(rules(), /"slip-0ad50003" \. 02:42:0a:d5:00:03 \. 10\.213\.0\.3/);
	rmSync(folder, { recursive: true });
	await publishPorts({ native, children }, paths, settings);
	t.notRegex(rules(), /slip0|slip-0ad50003/);
	t.regex(rules(), /nfproto ipv4 drop/);
});
