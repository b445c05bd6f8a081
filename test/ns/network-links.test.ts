// The package `network` in network namespaces: what it makes, as iproute2's cousin in busybox and /proc show it. VLANs and bonds, which not
// every machine's kernel has, are in a boot (test/vm).

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { addonFile } from '../helpers/addon.ts';
import { type Owner, scratchFolder } from '../helpers/scratch.ts';

const show = `
busybox ip -o addr show | sed 's/ *valid_lft.*//'
busybox ip link show | grep -o '[^ ]*: <.*mtu [0-9]*'
busybox ip route; busybox ip -6 route | grep -v fe80
readlink /sys/class/net/card1/master; true
`;

async function run(t: Owner, yaml: string, file: 'template' | 'cloud' = 'template') {
	const folder = scratchFolder(t);
	const [config, places] = ['config', 'places'].map((name) => join(folder, name));
	for (const each of [config, places]) mkdirSync(each ?? '');
	writeFileSync(join(config ?? '', file), yaml);
	const fixture = resolve(import.meta.dirname, 'network-links.ts');
	const node = `${process.execPath} --no-warnings ${fixture} ${await addonFile()} ${config} ${places}`;
	const script = `set -e; mount -t sysfs none /sys; ${node}; set +e; ${show}`;
	const [answer = '', ...shown] = execFileSync('unshare', ['--net', '--mount', 'sh', '-c', script], {
		encoding: 'utf8',
	}).split('\n');
	const { codes, said } = JSON.parse(answer) as { codes: number[]; said: string[] };
	const read = (name: string): string => readFileSync(join(places ?? '', name), 'utf8');
	return { codes, said, shown: shown.join('\n'), read };
}

test('network sets up cards, a bridge, addresses, routes and name servers, and changes nothing the second time', async (t) => {
	const { codes, said, shown, read } = await run(
		t,
		`network:
  ethernets:
    wan:
      match: {macaddress: "MAC0"}
      set-name: wan
      addresses: [192.0.2.5/24, "2001:db8::5/64"]
      mtu: 1400
      routes:
        - {to: default, via: 192.0.2.1}
        - {to: default, via: "2001:db8::1", metric: 50}
        - {to: 198.51.100.0/24, via: 203.0.113.1, on-link: true, metric: 7}
        - {to: 203.0.113.0/24}
      nameservers: {addresses: [192.0.2.53, "2001:db8::53"], search: [example.org]}
    card1: {}
    far1: {dhcp4: true}
    spare: {match: {name: "none*"}, optional: true}
  bridges:
    br0: {interfaces: [card1, spare], addresses: [10.0.0.1/8], macaddress: "02:00:00:00:00:07"}
`,
	);
	t.deepEqual(codes, [0, 0], said.join('\n'));
	t.deepEqual(said.slice(0, 4), [
		'wan: card, 192.0.2.5/24, 2001:db8::5/64',
		'card1: card',
		'far1: card, by DHCP',
		'br0: bridge, 10.0.0.1/8',
	]);
	t.regex(shown, /wan .*inet 192\.0\.2\.5\/24 brd 192\.0\.2\.255 /);
	t.regex(shown, /wan .*inet6 2001:db8::5\/64 scope global/);
	t.regex(shown, /br0 .*inet 10\.0\.0\.1\/8 /);
	t.regex(shown, /^wan@\S*: <.*\bUP\b.*mtu 1400$/m);
	t.regex(shown, /^br0: <.*\bUP\b/m);
	t.regex(shown, /^default via 192\.0\.2\.1 dev wan/m);
	t.regex(shown, /^198\.51\.100\.0\/24 via 203\.0\.113\.1 dev wan .*metric 7/m);
	t.regex(shown, /^203\.0\.113\.0\/24 dev wan/m);
	t.regex(shown, /^default via 2001:db8::1 dev wan .*metric 50/m);
	t.regex(shown, /\/br0$/m, 'card1 is in the bridge');
	t.is(read('resolv.conf'), 'search example.org\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n');
	t.is(read('static'), 'wan\ncard1\nbr0\n');
	t.is(read('dhcp'), 'far1\n');
});

test('network -metadata sets up what a hypervisor says, and two cards get the name of each other', async (t) => {
	const { codes, said, shown, read } = await run(
		t,
		`version: 1
config:
  - type: physical
    name: card1
    mac_address: 'MAC0'
    subnets:
      - {type: static, address: 192.0.2.5, netmask: 255.255.255.0, gateway: 192.0.2.1}
      - {type: static6, address: "2001:db8::5/64"}
  - type: physical
    name: card0
    mac_address: 'MAC1'
    mtu: 1400
    subnets: [{type: dhcp4}]
  - type: nameserver
    address: ['192.0.2.53']
    search: ['example.org']
`,
		'cloud',
	);
	t.deepEqual(codes, [0, 0], said.join('\n'));
	t.deepEqual(said.slice(0, 2), ['card1: card, 192.0.2.5/24, 2001:db8::5/64', 'card0: card, by DHCP']);
	t.regex(shown, /card1 +inet 192\.0\.2\.5\/24 /);
	t.regex(shown, /card1 +inet6 2001:db8::5\/64 /);
	t.regex(shown, /card0@\S*: <.*mtu 1400/);
	t.regex(shown, /default via 192\.0\.2\.1 dev card1/);
	t.is(read('static'), 'card1\n');
	t.is(read('dhcp'), 'card0\n');
	t.is(read('resolv.conf'), 'search example.org\nnameserver 192.0.2.53\n');
});

const failing: readonly [title: string, yaml: string, expected: RegExp][] = [
	[
		'a card that is not there',
		'network: {ethernets: {eth7: {}}}',
		/^error: eth7: there is no card that matches after 0 s\. There is card0, /,
	],
	[
		'a route that the kernel refuses',
		'network: {ethernets: {card0: {routes: [{to: default, via: 198.51.100.1}]}}}',
		/^error: card0: could not set the route default via 198\.51\.100\.1: .*(ENETUNREACH|unreachable)/i,
	],
	[
		'a mistake',
		'network: {ethernets: {card0: {mtu: 1}}}',
		/^warning: \S+links\.yml:1:36: network\.ethernets\.card0\.mtu: expected/,
	],
];
for (const [title, yaml, expected] of failing) {
	test(`network says what is wrong: ${title}`, async (t) => {
		const { codes, said } = await run(t, yaml);
		t.false(codes.includes(0));
		t.regex(said[0] ?? '', expected);
	});
}
