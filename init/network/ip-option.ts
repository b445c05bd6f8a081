// Parses the kernel's `ip=ADDRESS:SERVER:GATEWAY:NETMASK:HOSTNAME:DEVICE:AUTOCONF:DNS0:DNS1:NTP`
// (Documentation/admin-guide/nfs/nfsroot.rst). The kernel's own code can't follow it here, because the drivers are modules
// that PID 1 loads. Pure.

import { isIPv4 } from 'node:net';
import { commandLineWords } from '../../native/linux/command-line-words.ts';

export interface StaticAddress {
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
const methods = new Set(['', 'off', 'none', 'on', 'any', 'dhcp', 'bootp', 'rarp', 'both']);

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
	const [address = '', , gateway = '', mask = '', hostname = '', device = '', method = '', ...servers] =
		text.split(':');
	if (!methods.has(method)) return wrong(`"${method}" is no way to get an address`);
	if (!['', 'off', 'none'].includes(method)) return { kind: 'left', how: method };
	const nameServers = servers.slice(0, 2).filter((each) => each !== '' && each !== '0.0.0.0');
	for (const each of [address, ...(gateway === '' ? [] : [gateway]), ...nameServers]) {
		if (!isIPv4(each)) return wrong(`"${each}" is no IPv4 address`);
	}
	const prefixLength = mask === '' ? classPrefix(address) : parseMask(mask);
	if (prefixLength === null) return wrong(`"${mask}" is no netmask`);
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

/** Returns the prefix length of `255.255.255.0` or `24`, null when the text is neither. */
function parseMask(text: string): number | null {
	if (/^\d{1,2}$/.test(text)) return Number(text) <= 32 ? Number(text) : null;
	if (!isIPv4(text)) return null;
	const bits = addressBytes(text).reduce((word, byte) => word + byte.toString(2).padStart(8, '0'), '');
	return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : null;
}

/** Returns the prefix length of the address's class, the kernel's default. */
function classPrefix(address: string): number {
	const first = addressBytes(address)[0] ?? 0;
	return first < 128 ? 8 : first < 192 ? 16 : 24;
}

export function addressBytes(address: string): number[] {
	return address.split('.').map(Number);
}

function orNull(text: string): string | null {
	return text === '' ? null : text;
}
