// The file of the package `network`: whatever it holds, problems have a place, and what is read is in the ranges of the kernel.

import { parseSettings } from '../../../pkg/network/parse-settings.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';
import { yamlWords } from '../support/yaml-words.ts';

export const target: FuzzTarget = {
	seeds: [
		'network: {ethernets: {e: {match: {macaddress: "52:54:00:12:34:56", name: "e*"}, set-name: f, addresses: [192.0.2.5/24]}}}',
		'network: {bonds: {b: {interfaces: [e], parameters: {mode: 802.3ad}}}, vlans: {v: {id: 1, link: b}}, ethernets: {e: {}}}',
		'network:\n  bridges:\n    br0: {interfaces: [], parameters: {stp: true, forward-delay: 4}, mtu: 1500}\n',
		'network: {ethernets: {e: {routes: [{to: default, via: "2001:db8::1", metric: 5, on-link: true}]}}}',
		'{version: 1, config: [{type: physical, name: e, subnets: [{type: static, address: 192.0.2.5, netmask: 255.255.255.0}]}]}',
		'{version: 1, config: [{type: bond, name: b, bond_interfaces: []}, {type: route, destination: 10.0.0.0/8, gateway: 192.0.2.1}]}',
	],
	words: [...yamlWords, 'network:', 'ethernets:', 'addresses:', '::', '/64', 'default'],
	declares: never,
	maxBytes: 4096,
	async run(input) {
		const text = input.toString('utf8');
		// Version 1 is a cloud's alone.
		const source = /version['" ]*:\s*1\b/.test(text) ? 'cloud' : 'own';
		const { links, problems, ignored } = await parseSettings('f', text, source);
		const odd = [...problems, ...ignored].find((problem) => !/^f:\d+:\d+: /.test(problem));
		if (odd !== undefined) throw new Violation(`a problem without its place: ${odd.slice(0, 200)}`);
		if (problems.length > 0) return;
		for (const { id, addresses, mtu } of links) {
			if (!/^[\w.-]{1,15}$/.test(id)) throw new Violation(`the link ${id}`);
			if (mtu !== null && !(mtu >= 68 && mtu <= 65535)) throw new Violation(`the MTU ${mtu}`);
			if (addresses.some(({ address, prefixLength }) => prefixLength > address.length * 8))
				throw new Violation(`addresses of ${id}`);
		}
	},
};
