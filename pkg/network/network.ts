// `network`: sets up the machine's network links once at boot, as files of /etc/network say, or the machine's
// metadata: cards by name, MAC address or driver, VLANs, bonds, bridges, addresses, routes and name servers. It asks no DHCP server; the
// package dhcpcd does.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { AppletError, type AppletHost } from '../applet/applet.ts';
import { parseFlags, refuseWords } from '../applet/flags.ts';
import { applySettings } from './apply-settings.ts';
import { parseSettings } from './parse-settings.ts';
import type { Link } from './settings.ts';

export interface NetworkPlaces {
	readonly devices: string;
	/** The links that are to have no lease, a name a line; PID 1 begins the file (init/boot/stages/network.ts). */
	readonly staticDevices: string;
	/** The links that a DHCP client is to ask for, though they are no cards. */
	readonly dhcpDevices: string;
	readonly resolvConf: string;
	/** What the package metadata has got from a cloud or a hypervisor. */
	readonly networkConfig: string;
}

const guestPlaces: NetworkPlaces = {
	devices: '/sys/class/net',
	staticDevices: '/run/slipway/static-devices',
	dhcpDevices: '/run/slipway/dhcp-devices',
	resolvConf: '/run/resolvconf/resolv.conf',
	networkConfig: '/run/config/network-config',
};

const maxNameServers = 3;

export async function network(
	args: readonly string[],
	host: AppletHost,
	places: NetworkPlaces = guestPlaces,
): Promise<number> {
	const { flags, rest } = parseFlags(args, { configDir: '/etc/network', metadata: false, wait: 10 });
	refuseWords(rest);
	const links = await readLinks(flags, places, host);
	if (links === null) return 1;
	const names = await applySettings(links, {
		native: host.native(),
		devices: places.devices,
		waitMs: flags.wait * 1000,
	});
	const there = links
		.flatMap((link) => ({ link, name: names.get(link.id) ?? '' }))
		.filter(({ name }) => name !== '');
	for (const { link, name } of there) {
		const addresses = link.addresses.map(({ text }) => text);
		host.print([`${name}: ${link.kind}`, ...addresses, ...(link.isDhcp ? ['by DHCP'] : [])].join(', '));
	}
	tellDhcp(there, places);
	writeResolvConf(links, places.resolvConf, host);
	return 0;
}

/** Returns null after problems, which it has reported: half of a network is worse than a message. */
async function readLinks(
	{ configDir, metadata }: { readonly configDir: string; readonly metadata: boolean },
	{ networkConfig }: NetworkPlaces,
	host: AppletHost,
): Promise<readonly Link[] | null> {
	const isCloud = metadata && existsSync(networkConfig);
	const file = isCloud ? networkConfig : ownFile(configDir, metadata);
	if (file === null) {
		host.print(`Neither ${networkConfig} nor a file of ${configDir} is there: no link is set up here.`);
		return [];
	}
	const text = readFileSync(file, 'utf8');
	const { links, problems, ignored } = await parseSettings(file, text, isCloud ? 'cloud' : 'own');
	for (const problem of [...problems, ...ignored]) host.warn(problem);
	return problems.length === 0 ? links : null;
}

/** Returns null when there is no file, and there need not be one. */
function ownFile(folder: string, isOptional: boolean): string | null {
	const files = namesIn(folder).filter((name) => /\.(ya?ml|json)$/.test(name));
	if (files.length === 0 && isOptional) return null;
	if (files.length === 0) throw new AppletError(`${folder} has no file that ends in .yml, .yaml or .json`);
	const [file = '', ...more] = files.map((name) => join(folder, name));
	if (more.length > 0) throw new AppletError(`${folder} has several files; write one: ${files.join(', ')}`);
	return file;
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder).sort();
	} catch (cause) {
		throw new AppletError(`${folder} can't be read: ${errorMessage(cause)}`, { cause });
	}
}

/** Tells the package dhcpcd which links it is to leave alone, and which to ask for. */
function tellDhcp(
	links: readonly { readonly link: Link; readonly name: string }[],
	{ staticDevices, dhcpDevices }: NetworkPlaces,
): void {
	const append = (file: string, isDhcp: boolean): void => {
		const names = links.filter(({ link }) => link.isDhcp === isDhcp).map(({ name }) => name);
		const before = linesOf(file);
		const lines = [...new Set([...before, ...names])];
		if (lines.length === 0) return;
		makeFolder(join(file, '..'));
		writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
	};
	append(staticDevices, false);
	append(dhcpDevices, true);
}

function linesOf(file: string): string[] {
	try {
		return readFileSync(file, 'utf8')
			.split('\n')
			.filter((line) => line !== '');
	} catch {
		return [];
	}
}

function writeResolvConf(links: readonly Link[], file: string, host: AppletHost): void {
	const servers = [...new Set(links.flatMap(({ nameServers }) => nameServers))];
	const search = [...new Set(links.flatMap((link) => link.search))];
	if (servers.length === 0 && search.length === 0) return;
	if (servers.length > maxNameServers)
		host.warn(`of ${servers.length} name servers, the first ${maxNameServers} are asked (resolv.conf(5))`);
	const lines = [
		...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
		...servers.map((server) => `nameserver ${server}`),
	];
	makeFolder(join(file, '..'));
	writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
}
