// Loads the rules that publish ports of containers and let them reach others under the machine's address, by the program nft(8) of the
// package `nftables`. A system without it has no rules: its containers reach each other and the machine.

import {
	closeSync,
	existsSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import type { ChildProcesses } from '../context/child-processes.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import type { Bridge, ContainerNetwork } from '../contract/container-network.ts';
import { childEnvironment, type GuestPaths, stateFiles } from '../contract/layout.ts';
import { hostNamePrefix } from '../contract/network-range.ts';
import { ensureBridges } from './container-network.ts';
import { readNetworks } from './read-network.ts';
import { type Forwarding, ruleset } from './ruleset.ts';

/** Where the kernel's settings of networks are. */
const settingsFolder = '/proc/sys/net';

/**
 * Makes the bridges of all services and loads the rules for them. Idempotent. Throws when a service has ports that cannot be published or
 * a network that cannot be kept from others, or nft(8) refuses the rules.
 *
 * @param settings - /proc/sys/net
 */
export async function publishPorts(
	{ native, children }: Pick<SupervisorContext, 'native' | 'children'>,
	paths: GuestPaths,
	settings = settingsFolder,
): Promise<void> {
	const networks = [
		...networksIn(join(paths.containers, 'services')),
		// They run with the same rules, when the services have ended.
		...networksIn(join(paths.containers, 'onshutdown')).map((network) => ({ ...network, ports: [] })),
		...networksIn(stateFiles(paths).runs),
	];
	const file = join(paths.state, 'rules.nft');
	// Those of containers that are gone are replaced.
	if (networks.length === 0 && !existsSync(file)) return;
	const bridges = networks.flatMap(({ links }) => links.map(({ bridge }) => bridge));
	ensureBridges(bridges, native);
	ignoreRouters(bridges, settings);
	if (!existsSync(paths.nft)) {
		const needing = networks.some(({ ports }) => ports.length > 0)
			? 'ports need'
			: bridges.some(({ internal }) => internal)
				? 'internal networks need'
				: null;
		if (needing === null) return;
		throw new Error(`${needing} ${paths.nft}, which slipway/nftables:v1 in "init" has`);
	}
	await load(ruleset(networks, routerOf(file, settings)), file, paths, children);
	for (const { name } of bridges) set(`${settings}/ipv4/conf/${name}/route_localnet`, '1');
	set(`${settings}/ipv4/ip_forward`, '1');
	keepRouters(settings);
	set(`${settings}/ipv6/conf/all/forwarding`, '1');
}

/** Else a container could tell the machine its routes. */
export function ignoreRouters(bridges: readonly Bridge[], settings = settingsFolder): void {
	for (const { name } of bridges) set(`${settings}/ipv6/conf/${name}/accept_ra`, '0');
}

function networksIn(folder: string): readonly ContainerNetwork[] {
	return readNetworks(folder).map(({ network }) => network);
}

/** A machine that forwards takes no addresses and routes from routers (RFC 4861), unless an interface is told to. */
function keepRouters(settings: string): void {
	const folder = `${settings}/ipv6/conf`;
	for (const name of existsSync(folder) ? readdirSync(folder) : []) {
		const path = `${folder}/${name}/accept_ra`;
		// "default" is for what comes later, bridges too; the containers' links are ports of bridges.
		const isOwn = name === 'all' || name === 'default' || name.startsWith(hostNamePrefix);
		if (!isOwn && settingOf(path) === '1') set(path, '2');
	}
}

/** A machine that forwards packets before the first rules were loaded is meant to be a router. */
function routerOf(file: string, settings: string): Forwarding {
	const rules = existsSync(file) ? readFileSync(file, 'utf8') : null;
	const forwards = (family: string, path: string): boolean =>
		rules === null ? settingOf(path) === '1' : !rules.includes(`meta nfproto ${family} drop\n`);
	return {
		version4: forwards('ipv4', `${settings}/ipv4/ip_forward`),
		version6: forwards('ipv6', `${settings}/ipv6/conf/all/forwarding`),
	};
}

async function load(rules: string, file: string, paths: GuestPaths, children: ChildProcesses): Promise<void> {
	const [fresh, errors] = [`${file}.new`, `${file}.errors`];
	makeFolder(paths.state);
	writeFileSync(fresh, rules);
	const nullFd = openSync('/dev/null', 'r+');
	const errorsFd = openSync(errors, 'w', 0o600);
	let child: ReturnType<ChildProcesses['start']>;
	try {
		const stdio = [nullFd, nullFd, errorsFd] as const;
		child = children.start({ path: paths.nft, args: ['nft', '-f', fresh], env: childEnvironment, stdio });
	} finally {
		for (const fd of [nullFd, errorsFd]) closeSync(fd);
	}
	const { exitCode } = await child.exited;
	if (exitCode !== 0) {
		const reason = readFileSync(errors, 'utf8').trim().split('\n', 1)[0] ?? '';
		throw new Error(`nft refuses ${fresh}: ${reason === '' ? `exit code ${exitCode}` : reason}`);
	}
	renameSync(fresh, file);
}

/** Only what differs is written: /proc/sys may be read-only where a system is tried. A kernel without IPv6 lacks its settings. */
function set(path: string, value: string): void {
	if (![null, value].includes(settingOf(path))) writeFileSync(path, value);
}

function settingOf(path: string): string | null {
	return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}
