// Parses the kernel's `ip=ADDRESS:SERVER:GATEWAY:NETMASK:HOSTNAME:DEVICE:AUTOCONF:DNS0:DNS1:NTP`
// (Documentation/admin-guide/nfs/nfsroot.rst), with IPv6 in brackets and `nameserver=` as dracut.cmdline(7) has them. The kernel's
// own code can't follow it here, because the drivers are modules that PID 1 loads. Pure.

import { isIPv4, isIPv6 } from 'node:net';
import { commandLineWords } from '../../native/linux/command-line-words.ts';
import { addressBytes } from '../../native/text/ip-address.ts';

export interface StaticAddress {
	/** Of IPv4 or IPv6, without brackets; so are the others. */
	readonly address: string;
	readonly prefixLength: number;
	readonly gateway: string | null;
	readonly hostname: string | null;
	/** Null means the first network card. */
	readonly device: string | null;
	readonly nameServers: readonly string[];
}

type IpOption =
	| { readonly kind: 'static'; readonly settings: StaticAddress }
	/** PID 1 does nothing: `off`, or a method (`dhcp`) that a package implements. */
	| { readonly kind: 'left'; readonly how: string }
	| { readonly kind: 'wrong'; readonly problem: string };

const form = 'ip=ADDRESS::GATEWAY:NETMASK:HOSTNAME:DEVICE:off:DNS:DNS';
const methods = new Set(
	['', 'off', 'none', 'on', 'any', 'dhcp', 'bootp', 'rarp', 'both'].concat(
		'dhcp6',
		'auto6',
		'either6',
		'link6',
	),
);

/** Returns one option for each `ip=` of the kernel's command line; several are for several devices. */
export function ipOptions(commandLine: string): IpOption[] {
	return commandLineWords(commandLine).flatMap((word) =>
		word.startsWith('ip=') ? [parseIpOption(word.slice(3))] : [],
	);
}

function parseIpOption(text: string): IpOption {
	const wrong = (why: string): IpOption => ({
		kind: 'wrong',
		problem: `ip=${text}: ${why}. Expected ${form}.`,
	});
	if (!text.includes(':') && methods.has(text)) return { kind: 'left', how: text === '' ? 'off' : text };
	// No colon of an address in brackets.
	const fields = text.split(/:(?![^[]*\])/);
	const [first = '', second = ''] = fields;
	// dracut's ip=DEVICE:METHOD.
	if (fields.length === 2 && second !== '' && methods.has(second) && /^[A-Za-z]/.test(first))
		return { kind: 'left', how: second };
	const [address = '', , gateway = '', mask = '', hostname = '', device = '', method = '', ...servers] =
		fields.map(withoutBrackets);
	if (!methods.has(method)) return wrong(`"${method}" is no way to get an address`);
	if (!['', 'off', 'none'].includes(method)) return { kind: 'left', how: method };
	const nameServers = servers.slice(0, 2).filter((each) => each !== '' && each !== '0.0.0.0');
	const isVersion6 = isAddress6(address);
	if (!isVersion6 && !isIPv4(address)) return wrong(`"${address}" is no IPv4 address, nor IPv6 in brackets`);
	if (gateway !== '' && !(isVersion6 ? isAddress6(gateway) : isIPv4(gateway)))
		return wrong(`"${gateway}" is no IPv${isVersion6 ? 6 : 4} address`);
	const server = nameServers.find((each) => !isIPv4(each) && !isAddress6(each));
	if (server !== undefined) return wrong(`"${server}" is no IPv4 address, nor IPv6 in brackets`);
	const prefixLength = isVersion6 ? parsePrefix6(mask) : mask === '' ? classPrefix(address) : parseMask(mask);
	if (prefixLength === null) return wrong(`"${mask}" is no ${isVersion6 ? 'prefix length' : 'netmask'}`);
	// At most the kernel's IFNAMSIZ; the name must not lead out of /sys/class/net.
	if (!/^([A-Za-z0-9][\w.-]{0,14})?$/.test(device)) return wrong(`"${device}" is no device`);
	if (!/^([A-Za-z0-9][\w.-]{0,63})?$/.test(hostname)) return wrong(`"${hostname}" is no hostname`);
	return {
		kind: 'static',
		settings: {
			address,
			prefixLength,
			nameServers,
			gateway: orNull(gateway),
			hostname: orNull(hostname),
			device: orNull(device),
		},
	};
}

/** Returns the servers of `nameserver=ADDRESS`; what is no address is left out. */
export function nameServerWords(commandLine: string): string[] {
	return commandLineWords(commandLine).flatMap((word) => {
		const server = withoutBrackets(word.startsWith('nameserver=') ? word.slice('nameserver='.length) : '');
		return isIPv4(server) || isAddress6(server) ? [server] : [];
	});
}

function withoutBrackets(text: string): string {
	return /^\[(.*)\]$/.exec(text)?.[1] ?? text;
}

/** A zone such as `%eth0` is no part of an address that is set. */
function isAddress6(text: string): boolean {
	return isIPv6(text) && !text.includes('%');
}

/** Returns 64 without a text, as nearly every network of IPv6 has it; null when the text is no length. */
function parsePrefix6(text: string): number | null {
	if (text === '') return 64;
	return /^\d{1,3}$/.test(text) && Number(text) <= 128 ? Number(text) : null;
}

/** Returns the prefix length of `255.255.255.0` or `24`, null when the text is neither. */
function parseMask(text: string): number | null {
	if (/^\d{1,2}$/.test(text)) return Number(text) <= 32 ? Number(text) : null;
	if (!isIPv4(text)) return null;
	const bits = [...(addressBytes(text) ?? [])].map((byte) => byte.toString(2).padStart(8, '0')).join('');
	return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : null;
}

/** Returns the prefix length of the address's class, the kernel's default. */
function classPrefix(address: string): number {
	const first = addressBytes(address)?.[0] ?? 0;
	return first < 128 ? 8 : first < 192 ? 16 : 24;
}

function orNull(text: string): string | null {
	return text === '' ? null : text;
}
