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
