// Started in namespaces of its own with a /sys of them: runs the package `network` twice, and prints what the kernel has then.
// The file `template` becomes links.yml, and `cloud` what the package metadata has got.
// node network-links.ts ADDON CONFIG-DIR PLACES-DIR

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNative } from '../../native/open.ts';
import { network } from '../../pkg/network/network.ts';

const [, , addon = '', config = '', places = ''] = process.argv;
const native = openNative(addon);
const said: string[] = [];
const host = {
	native: () => native,
	print: (line: string) => void said.push(line),
	warn: (line: string) => void said.push(`warning: ${line}`),
};
const guest = {
	devices: '/sys/class/net',
	staticDevices: join(places, 'static'),
	dhcpDevices: join(places, 'dhcp'),
	resolvConf: join(places, 'resolv.conf'),
	networkConfig: join(config, 'network-config'),
};

// Two cards, whose other ends are in the same namespace.
native.linkCreateVeth('card0', 'far0');
native.linkCreateVeth('card1', 'far1');
const addressOf = (name: string): string => readFileSync(`/sys/class/net/${name}/address`, 'utf8').trim();
const filledIn = (name: string): string =>
	readFileSync(join(config, name), 'utf8')
		.replace('MAC0', addressOf('card0'))
		.replace('MAC1', addressOf('card1'));
const isCloud = existsSync(join(config, 'cloud'));
if (isCloud) writeFileSync(guest.networkConfig, filledIn('cloud'));
else writeFileSync(join(config, 'links.yml'), filledIn('template'));
const codes: number[] = [];
for (let run = 0; run < 2; run += 1) {
	try {
		codes.push(
			await network([...(isCloud ? ['-metadata'] : []), '-configDir', config, '-wait', '0'], host, guest),
		);
	} catch (error) {
		said.push(`error: ${error instanceof Error ? error.message : error}`);
	}
}
console.log(JSON.stringify({ codes, said }));
