// Chooses the proxy of a request from the environment, by the rules of Go's programs such as Docker
// (golang.org/x/net/http/httpproxy). Pure.

import { BlockList, isIP, isIPv6 } from 'node:net';
import { SlipwayError } from '../errors.ts';

/** Returns the proxy for a URL; null for a direct connection. */
export type ProxyFor = (url: URL) => URL | null;

/** Reports whether a host (without brackets) and port are reached without a proxy. */
type Exception = (host: string, port: string) => boolean;

export function proxyFor(env: NodeJS.ProcessEnv = process.env): ProxyFor {
	const variable = (name: string): string => env[name.toUpperCase()] || env[name.toLowerCase()] || '';
	const exceptions = variable('no_proxy').split(',').map(parseException);
	return (url) => {
		const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
		const port = url.port === '' ? { 'http:': '80', 'https:': '443' }[url.protocol] : url.port;
		const isDirect = isLoopbackHost(host) || exceptions.some((matches) => matches(host, port ?? ''));
		const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
		return isDirect || variable(name) === '' ? null : parseProxy(name.toUpperCase(), variable(name));
	};
}

function isLoopbackHost(host: string): boolean {
	return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function parseProxy(name: string, text: string): URL {
	const withScheme = /^[a-z0-9+]+:\/\//i.test(text) ? text : `http://${text}`;
	const url = URL.canParse(withScheme) ? new URL(withScheme) : null;
	// The error does not show the value, which may have a password.
	if (url !== null && ['http:', 'https:'].includes(url.protocol) && url.hostname !== '') return url;
	throw new SlipwayError(
		'BAD_INPUT',
		`${name} in the environment is not an address of a proxy for HTTP: expected http://HOST:PORT.`,
	);
}

/** Parses `*`, an address, a range `10.0.0.0/8`, a domain (with subdomains) or `.domain` (subdomains only), and `:PORT`. */
function parseException(entry: string): Exception {
	const text = entry.trim().toLowerCase();
	if (text === '') return () => false;
	if (text === '*') return () => true;
	const range = parseRange(text);
	if (range !== null) return (host) => isIP(host) !== 0 && range.check(host, familyOf(host));
	const [, bracketed, plain = '', port] = /^(?:\[([^\]]*)\]|(.*?))(?::(\d+))?$/.exec(text) ?? [];
	// An IPv6 address without brackets has colons of its own.
	const isAddress = isIP(text) !== 0;
	const name = isAddress ? text : (bracketed ?? plain);
	const wantedPort = isAddress ? undefined : port;
	const onPort = (actual: string): boolean => wantedPort === undefined || wantedPort === actual;
	if (isIP(name) !== 0) {
		const one = new BlockList();
		one.addAddress(name, familyOf(name));
		return (host, actual) => isIP(host) !== 0 && one.check(host, familyOf(host)) && onPort(actual);
	}
	const suffix = name.replace(/^\*/, '');
	return (host, actual) =>
		onPort(actual) && (suffix.startsWith('.') ? host.endsWith(suffix) : `.${host}`.endsWith(`.${suffix}`));
}

function parseRange(text: string): BlockList | null {
	const [, address = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(text) ?? [];
	if (isIP(address) === 0 || Number(bits) > (isIPv6(address) ? 128 : 32)) return null;
	const list = new BlockList();
	list.addSubnet(address, Number(bits), familyOf(address));
	return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
	return isIPv6(address) ? 'ipv6' : 'ipv4';
}
