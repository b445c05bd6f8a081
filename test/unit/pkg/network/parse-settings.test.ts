import test from 'ava';
import { parseSettings } from '../../../../pkg/network/parse-settings.ts';

const whole = `network:
  version: 2
  ethernets:
    lan0:
      match: {macaddress: "52:54:00:AB:00:01"}
      set-name: lan0
      addresses: [192.0.2.5/24, "2001:db8::5/64"]
      gateway6: 2001:db8::1
      routes:
        - {to: default, via: 192.0.2.1, metric: 100}
        - {to: 198.51.100.0/24, via: 203.0.113.1, on-link: true}
      nameservers: {addresses: [192.0.2.53, "2001:db8::53"], search: [example.org]}
      mtu: 9000
    any: {match: {name: "enp*"}, dhcp4: true, optional: true}
    e1: {}
    e2: {}
  bonds:
    bond0: {interfaces: [e1, e2], parameters: {mode: active-backup, mii-monitor-interval: 200}}
  vlans:
    v10: {id: 10, link: bond0}
  bridges:
    br0: {interfaces: [v10], parameters: {stp: true, forward-delay: 4}, macaddress: "02:00:00:00:00:01"}
`;

test('parseSettings() reads cards, bonds, VLANs and bridges', async (t) => {
	const { links, problems } = await parseSettings('f', whole);
	t.deepEqual(problems, []);
	t.deepEqual(
		links.map(({ kind, id }) => `${kind} ${id}`),
		['card lan0', 'card any', 'card e1', 'card e2', 'bond bond0', 'bridge br0', 'vlan v10'],
	);
	const [lan, any, , , bond, bridge, vlan] = links;
	t.like(lan, { matchMac: '52:54:00:ab:00:01', setName: 'lan0', mtu: 9000, isDhcp: false });
	t.deepEqual(
		lan?.addresses.map(({ text }) => text),
		['192.0.2.5/24', '2001:db8::5/64'],
	);
	t.deepEqual(
		lan?.routes.map(({ text, metric, isOnLink, to }) => [text, metric, isOnLink, to?.prefixLength ?? null]),
		[
			['default via 2001:db8::1', null, false, null],
			['default via 192.0.2.1', 100, false, null],
			['198.51.100.0/24 via 203.0.113.1', null, true, 24],
		],
	);
	t.deepEqual(lan?.nameServers, ['192.0.2.53', '2001:db8::53']);
	t.deepEqual(lan?.search, ['example.org']);
	t.like(any, { matchName: 'enp*', isDhcp: true, isOptional: true });
	t.like(bond, { members: ['e1', 'e2'], mode: 1, monitorMs: 200, hashPolicy: 0 });
	t.like(bridge, { members: ['v10'], isSpanningTree: true, forwardDelaySeconds: 4 });
	t.deepEqual([...(bridge?.macAddress ?? [])], [2, 0, 0, 0, 0, 1]);
	t.like(vlan, { vlanId: 10, link: 'bond0' });
});

test('parseSettings() reads JSON as well', async (t) => {
	const { links, problems } = await parseSettings(
		'f',
		'{"network": {"ethernets": {"eth0": {"dhcp4": true}}}}',
	);
	t.deepEqual(problems, []);
	t.is(links.length, 1);
});

const wrong: readonly [text: string, expected: RegExp][] = [
	['', /^f:1:1: : expected the key "network"$/],
	['- a', /^f:1:1: : expected a map$/m],
	['network: [', /^f:1:\d+: /],
	['network: {ethernets: {e: &a {mtu: 1500}}, x: *a}', /^f:1:1: .*alias/i],
	['network:\n  ethernet: {}', /^f:2:13: network\.ethernet: this key is not known here\. Known: .*ethernets/],
	[
		'network: {ethernets: {e: {adresses: []}}}',
		/^f:1:37: network\.ethernets\.e\.adresses: this key is not known/,
	],
	[
		'network: {ethernets: {e: {addresses: [192.0.2.5]}}}',
		/^f:1:39: network\.ethernets\.e\.addresses\.0: expected an address such as/,
	],
	['network: {ethernets: {e: {addresses: [192.0.2.5/33]}}}', /expected an address such as/],
	['network: {ethernets: {e: {addresses: 192.0.2.5/24}}}', /^f:1:38: .*expected a list$/],
	['network: {ethernets: {e: {mtu: 10}}}', /^f:1:32: .*expected a number from 68 to 65535$/],
	['network: {ethernets: {e: {dhcp4: maybe}}}', /expected true or false$/],
	['network: {ethernets: {"../x": {}}}', /expected a name of at most 15 letters/],
	['network: {ethernets: {e: {set-name: "a b"}}}', /expected a name of at most 15 letters/],
	['network: {ethernets: {e: {match: {macaddress: "1:2"}}}}', /expected a MAC address/],
	['network: {ethernets: {e: {gateway4: "2001:db8::1"}}}', /gateway4: expected an IP address$/],
	['network: {ethernets: {e: {routes: [{via: 192.0.2.1}]}}}', /a route needs "to"/],
	['network: {ethernets: {e: {routes: [{to: default}]}}}', /a default route needs "via"/],
	[
		'network: {ethernets: {e: {routes: [{to: "2001:db8::/32", via: 192.0.2.1}]}}}',
		/two addresses of one kind/,
	],
	['network: {ethernets: {e: {nameservers: {addresses: [dns]}}}}', /expected an IP address$/],
	['network: {vlans: {v: {id: 4095, link: e}}}', /expected a number from 1 to 4094/],
	['network: {vlans: {v: {}}}', /needs its number, "id"\n.*needs the link/],
	['network: {vlans: {v: {id: 1, link: none}}}', /v names "none", which is no link here/],
	['network: {vlans: {a: {id: 1, link: b}, b: {id: 2, link: a}}}', /a is on itself/],
	[
		'network: {bonds: {b: {interfaces: [e], parameters: {mode: fast}}}, ethernets: {e: {}}}',
		/expected one of balance-rr, /,
	],
	[
		'network: {bridges: {a: {interfaces: [e]}, b: {interfaces: [e]}}, ethernets: {e: {}}}',
		/"e" is in a and in b/,
	],
	['network: {bridges: {e: {}}, ethernets: {e: {}}}', /two links have the same name/],
	[`# ${'x'.repeat(600_000)}`, /more than 512 KiB/],
];
for (const [text, expected] of wrong) {
	test(`parseSettings() says what is wrong with ${text.slice(0, 80)}`, async (t) => {
		const { problems } = await parseSettings('f', text);
		t.regex(problems.join('\n'), expected);
	});
}

/** As Proxmox writes it, and more. */
const version1 = `version: 1
config:
  - type: physical
    name: eth0
    mac_address: 'BC:24:11:00:00:01'
    subnets:
      - {type: static, address: '192.0.2.5', netmask: '255.255.255.0', gateway: '192.0.2.1'}
      - {type: static6, address: '2001:db8::5/64', gateway: '2001:db8::1', dns_nameservers: ['2001:db8::53']}
  - {type: physical, name: eth1, mtu: 9000, subnets: [{type: dhcp4}, {type: ipv6_slaac}]}
  - {type: physical, name: eth2, subnets: [{type: manual}]}
  - {type: physical, name: eth3}
  - type: bond
    name: bond0
    bond_interfaces: [eth2, eth3]
    params: {bond-mode: 802.3ad, bond-miimon: 50}
  - {type: vlan, name: v10, vlan_id: 10, vlan_link: bond0, subnets: [{type: static, address: 198.51.100.5/24, routes: [
      {network: 203.0.113.0, netmask: 255.255.255.0, gateway: 198.51.100.1, metric: 7}]}]}
  - {type: bridge, name: br0, bridge_interfaces: [eth1], params: {bridge_stp: 'on', bridge_fd: 4}}
  - {type: route, destination: 10.0.0.0/8, gateway: 198.51.100.2}
  - {type: nameserver, address: 192.0.2.53, search: [example.org]}
  - {type: loopback, name: lo}
`;

test('parseSettings() reads version 1 of a cloud, with the key "network" around it or without', async (t) => {
	const { links, problems, ignored } = await parseSettings('f', version1, 'cloud');
	t.deepEqual([...problems, ...ignored], []);
	const indented = version1.replaceAll(/^/gm, '  ');
	t.deepEqual((await parseSettings('f', `network:\n${indented}`, 'cloud')).links, links);
	const [first, second, , , bond, vlan, bridge] = links;
	t.like(first, { kind: 'card', id: 'eth0', matchMac: 'bc:24:11:00:00:01', setName: 'eth0', isDhcp: false });
	t.deepEqual(
		first?.addresses.map(({ text }) => text),
		['192.0.2.5/24', '2001:db8::5/64'],
	);
	t.deepEqual(
		first?.routes.map(({ text }) => text),
		['default via 192.0.2.1', 'default via 2001:db8::1'],
	);
	t.deepEqual(first?.nameServers, ['192.0.2.53', '2001:db8::53']);
	t.deepEqual(first?.search, ['example.org']);
	t.like(second, { id: 'eth1', matchMac: null, setName: null, isDhcp: true, mtu: 9000 });
	t.like(bond, { kind: 'bond', members: ['eth2', 'eth3'], mode: 4, monitorMs: 50 });
	t.like(vlan, { kind: 'vlan', vlanId: 10, link: 'bond0' });
	t.deepEqual(
		vlan?.routes.map(({ text, metric }) => [text, metric]),
		[
			['203.0.113.0/24 via 198.51.100.1', 7],
			['10.0.0.0/8 via 198.51.100.2', null],
		],
		'a route is of the link that reaches its gateway',
	);
	t.like(bridge, { kind: 'bridge', members: ['eth1'], isSpanningTree: true, forwardDelaySeconds: 4 });
});

test('parseSettings() reads version 2 of a cloud, and ignores keys that mean nothing here', async (t) => {
	const text = 'version: 2\nethernets:\n  id0: {match: {driver: "virtio*"}, dhcp6: true, wakeonlan: true}\n';
	const { links, problems, ignored } = await parseSettings('f', text, 'cloud');
	t.deepEqual(problems, []);
	t.like(links[0], { id: 'id0', matchDriver: 'virtio*', isDhcp: true });
	t.is(ignored.length, 1);
	t.regex(ignored[0] ?? '', /^f:3:\d+: ethernets\.id0\.wakeonlan: this key is not known here/);
	t.true(
		(await parseSettings('f', `network:\n${text.replaceAll(/^/gm, '  ')}`)).problems.length > 0,
		'a file of /etc/network is strict',
	);
});

for (const [item, expected] of [
	['{type: wifi, name: w}', /^f:1:\d+: config\.0\.type: expected one of physical, /],
	['{type: physical}', /a link needs a name/],
	['{type: physical, name: e, subnets: [{type: static}]}', /a static subnet needs its address/],
	[
		'{type: physical, name: e, subnets: [{type: static, address: 192.0.2.5, netmask: 255.0.255.0}]}',
		/expected a netmask/,
	],
	[
		'{type: physical, name: e, subnets: [{type: static, address: 192.0.2.5, netmask: 33}]}',
		/expected an address such as/,
	],
	['{type: physical, name: e, subnets: 7}', /expected a list/],
	['{type: vlan, name: v}', /a VLAN needs "vlan_id" and "vlan_link"/],
	['{type: bond, name: b, bond_interfaces: [none]}', /b names "none", which is no link here/],
	['{type: route, destination: 10.0.0.0/8}', /a route needs its destination and its gateway/],
	['{type: route, destination: 10.0.0.0/8, gateway: "2001:db8::1"}', /two addresses of one kind/],
] as const) {
	test(`parseSettings() says what is wrong in version 1 with ${item}`, async (t) => {
		const { problems } = await parseSettings('f', `{version: 1, config: [${item}]}`, 'cloud');
		t.regex(problems.join('\n'), expected);
	});
}

test('parseSettings() reports the first hundred problems and ignored keys of a hostile file, and takes the last of equal keys', async (t) => {
	const keys = Array.from({ length: 3000 }, (_, index) => `k${index}: 1`).join('\n');
	t.is((await parseSettings('f', keys, 'cloud')).ignored.length, 100);
	t.is((await parseSettings('f', 'a: &x &y b\n'.repeat(300), 'cloud')).problems.length, 100);
	const twice = 'version: 2\nethernets: {e: {mtu: 1400, mtu: 1300}}\n';
	t.is((await parseSettings('f', twice, 'cloud')).links[0]?.mtu, 1300);
	t.regex(
		(await parseSettings('f', `network: {ethernets: {e: {mtu: 1400, mtu: 1300}}}`)).problems[0] ?? '',
		/unique/,
	);
});
