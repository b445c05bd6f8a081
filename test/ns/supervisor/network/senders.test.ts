// Containers that may do all in their own network namespace try to pass for a neighbour on the same bridge, or for the way out. Each attack is
// shown to work without the rules (sender-rules.ts) first.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import ava from 'ava';
import { planNetworks } from '../../../../tools/config/networks.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';
import { arpAnswer, type Host, neighborAdvertisement, routerAdvertisement } from './forged-frames.ts';
import { inside, openNetworkLab, pings } from './network-lab.ts';

const test = ava.serial;
const lab = openNetworkLab(planNetworks([{ name: 'front', subnets: ['10.80.0.0/24', 'fd00:80::/64'] }]));
const sendFrame = join(scratchFolder(), 'send-frame');

const evil = lab.container('evil', 2, ['front']);
const victim = lab.container('victim', 3, ['front']);
const peer = lab.container('peer', 4, ['front']);
const all = [evil, victim, peer];

const hostOf = (number: number): Host => ({
	mac: `02420a50000${number}`,
	version4: `10.80.0.${number}`,
	version6: `fd00:80::${number}`,
});
const [forger, robbed, deceived] = [hostOf(2), hostOf(3), hostOf(4)];

/** Sends a frame, and a ping after it: an answer to that shows that the frame has been there. */
async function send(frame: string): Promise<void> {
	inside(evil, sendFrame, 'eth0', frame);
	await eventually(() => pings(evil, deceived.version4, 5));
}
const macIn = (version: string, address: string): string =>
	/lladdr (\S+)/
		.exec(inside(peer, 'ip', version, 'neigh', 'show', address, 'dev', 'eth0'))?.[1]
		?.replaceAll(':', '') ?? '';

/** Each attack tells whether it worked, and leaves things as they were. */
const attacks: Readonly<Record<string, () => boolean | Promise<boolean>>> = {
	'ARP spoof': async () => {
		await eventually(() => pings(peer, robbed.version4, 5));
		await send(arpAnswer(forger, deceived, robbed.version4));
		return forgotten('-4', robbed.version4) === forger.mac;
	},
	'neighbor discovery spoof': async () => {
		await eventually(() => pings(peer, robbed.version6, 5));
		await send(neighborAdvertisement(forger, deceived, robbed.version6));
		return forgotten('-6', robbed.version6) === forger.mac;
	},
	'false router': async () => {
		await send(routerAdvertisement(forger, deceived, 'fe80::42:aff:fe50:2'));
		const route = ['default', 'via', 'fe80::42:aff:fe50:2', 'dev', 'eth0'];
		const isTaken = inside(peer, 'ip', '-6', 'route', 'show', 'default').includes(
			route.slice(0, 3).join(' '),
		);
		if (isTaken) inside(peer, 'ip', '-6', 'route', 'del', ...route);
		return isTaken;
	},
	'address of a neighbour': () => withAddress(`${robbed.version4}/32`, robbed.version4, deceived.version4),
	'address that nobody has': () => withAddress('10.80.0.77/32', '10.80.0.77', deceived.version4),
	'IPv6 address that nobody has': () => withAddress('fd00:80::77/128', 'fd00:80::77', deceived.version6),
	'another MAC address': async () => {
		const set = (mac: string) => inside(evil, 'ip', 'link', 'set', 'eth0', 'address', mac);
		set('02:42:00:00:00:77');
		const isHeard = await pings(evil, deceived.version4, 2);
		set('02:42:0a:50:00:02');
		return isHeard;
	},
};

/** Returns the MAC address that the peer has for an address, and makes it forget that. */
function forgotten(version: string, address: string): string {
	const mac = macIn(version, address);
	inside(peer, 'ip', version, 'neigh', 'flush', 'dev', 'eth0');
	return mac;
}

async function withAddress(added: string, from: string, to: string): Promise<boolean> {
	const words = [added, 'dev', 'eth0', ...(added.includes(':') ? ['nodad'] : [])];
	inside(evil, 'ip', 'addr', 'add', ...words);
	// It asks for its neighbour anew, and by that tells whose address it has.
	inside(evil, 'ip', 'neigh', 'flush', 'dev', 'eth0');
	const isHeard = await pings(evil, to, 2, '-I', from);
	inside(evil, 'ip', 'addr', 'del', added, 'dev', 'eth0');
	for (const version of ['-4', '-6']) inside(peer, 'ip', version, 'neigh', 'flush', 'dev', 'eth0');
	return isHeard;
}

ava.before(() => {
	const flags = ['-std=c++17', '-Wall', '-Wextra', '-Werror', '-o', sendFrame];
	execFileSync(process.env['CXX'] ?? 'g++', [...flags, join(import.meta.dirname, '../../send-frame.cc')]);
	lab.make(...all);
	// An entry that is a second old is not held against another answer.
	inside(peer, 'sh', '-c', 'echo 0 > /proc/sys/net/ipv4/neigh/eth0/locktime');
});

ava.after.always(() => lab.close());

for (const hasRules of [false, true]) {
	test(`a container ${hasRules ? 'passes for nobody else by the rules' : 'can pass for another without rules'}`, async (t) => {
		if (hasRules) lab.loadRules(all);
		for (const address of [robbed.version4, robbed.version6])
			t.true(await eventually(() => pings(evil, address, 5)), `${address} is a neighbour`);
		const worked: string[] = [];
		for (const [name, attack] of Object.entries(attacks)) {
			// A packet may be lost on a busy host; the rules let none through.
			const works = hasRules ? await attack() : await eventually(attack, { what: name });
			if (works) worked.push(name);
		}
		t.deepEqual(worked, hasRules ? [] : Object.keys(attacks));
	});
}

test('the rules let a link come up anew, and its neighbours find it', async (t) => {
	inside(victim, 'ip', 'link', 'set', 'eth0', 'down');
	inside(victim, 'ip', 'link', 'set', 'eth0', 'up');
	inside(victim, 'ip', 'addr', 'add', `${robbed.version6}/64`, 'dev', 'eth0', 'nodad');
	for (const from of [evil, peer]) inside(from, 'ip', 'neigh', 'flush', 'dev', 'eth0');
	for (const address of [robbed.version4, robbed.version6, 'fe80::42:aff:fe50:3%eth0'])
		t.true(await eventually(() => pings(peer, address, 5)), address);
});
