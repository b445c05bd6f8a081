import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { guestPaths } from '../../../../supervisor/contract/layout.ts';
import { publishPorts } from '../../../../supervisor/network/publish.ts';
import { bundleJson } from '../../../../tools/system/bundle/bundle-json.ts';
import { networkOf } from '../../../../tools/system/bundle/container-network.ts';
import { exited, fakeChildren } from '../../../helpers/fake-children.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const port = { address: null, port: 8080, protocol: 'tcp', containerPort: 80 } as const;

/** A guest with the service web, and the kernel's settings of a machine that is no router. */
function guest(ports: readonly (typeof port)[], hasNft: boolean) {
	const folder = scratchFolder();
	const bundle = join(folder, 'containers/services/web');
	const settings = join(folder, 'ipv4');
	for (const each of [bundle, join(settings, 'conf/slip0'), join(folder, 'state')])
		mkdirSync(each, { recursive: true });
	writeFileSync(join(bundle, 'network.json'), bundleJson(networkOf('web', 2, ports)));
	const switches = [join(settings, 'ip_forward'), join(settings, 'conf/slip0/route_localnet')];
	for (const each of switches) writeFileSync(each, '0\n');
	const nft = join(folder, 'nft');
	if (hasNft) writeFileSync(nft, '');
	const paths = { ...guestPaths, nft, containers: join(folder, 'containers'), state: join(folder, 'state') };
	const { native } = createFakeNative({ interfaceIndexIn: () => 1 });
	return { paths, settings, native, read: () => switches.map((each) => readFileSync(each, 'utf8').trim()) };
}

test('publishPorts() loads the rules, then lets the machine forward', async (t) => {
	const { paths, settings, native, read } = guest([port], true);
	const { children, calls } = fakeChildren(() => {
		t.deepEqual(read(), ['0', '0']);
		return exited(0);
	});
	await publishPorts({ native, children }, paths, settings);
	t.deepEqual(calls, [`nft -f ${paths.state}/rules.nft.new`]);
	t.deepEqual(read(), ['1', '1']);
	const rules = readFileSync(join(paths.state, 'rules.nft'), 'utf8');
	t.regex(rules, /tcp dport 8080 dnat ip to 10\.213\.0\.2:80/);
	// It forwards now because of the first run, so it is still no router.
	await publishPorts({ native, children: fakeChildren(() => exited(0)).children }, paths, settings);
	t.is(readFileSync(join(paths.state, 'rules.nft'), 'utf8'), rules);
});

test('publishPorts() changes no setting when nft refuses the rules, and says why', async (t) => {
	const { paths, settings, native, read } = guest([port], true);
	const { children } = fakeChildren(({ stdio }) => {
		writeFileSync(stdio[2], 'Error: Could not process rule: Operation not supported\nmore');
		return exited(1);
	});
	await t.throwsAsync(publishPorts({ native, children }, paths, settings), {
		message: /nft refuses .*rules\.nft\.new: Error: Could not process rule: Operation not supported$/,
	});
	t.deepEqual(read(), ['0', '0']);
	t.false(existsSync(join(paths.state, 'rules.nft')));
});

test('publishPorts() needs nft for ports alone', async (t) => {
	const { children, calls } = fakeChildren(() => exited(0));
	const without = guest([], false);
	await publishPorts({ native: without.native, children }, without.paths, without.settings);
	const withPorts = guest([port], false);
	await t.throwsAsync(
		publishPorts({ native: withPorts.native, children }, withPorts.paths, withPorts.settings),
		{
			message: /slipway\/nftables:v1 in "init"/,
		},
	);
	t.deepEqual(calls, []);
});
