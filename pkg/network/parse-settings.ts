// Reads a configuration of network links from YAML (or JSON, which is YAML), and reports all its problems with line and column.

import { isIP } from 'node:net';
import { errorMessage } from '../../native/text/error-message.ts';
import { addressBytes } from '../../native/text/ip-address.ts';
import { bondSettings } from './bond-settings.ts';
import { type FieldProblem, Fields } from './read-fields.ts';
import { readVersion1 } from './read-version-1.ts';
import type { Link, Route } from './settings.ts';
import { linkName, macForm, nameForm, parseCidr, parseMac } from './value-forms.ts';

export interface ParsedSettings {
	readonly links: readonly Link[];
	/** `FILE:LINE:COLUMN: …`, one for each mistake. */
	readonly problems: readonly string[];
	/** The same for keys of a cloud's configuration that mean nothing here. */
	readonly ignored: readonly string[];
}

/** `cloud`: what a cloud or a hypervisor has written for cloud-init, in version 1 or 2, with the key "network" around it or without. */
export type SettingsSource = 'own' | 'cloud';

const maxLength = 512 * 1024;
const maxLinks = 1000;
/** More of them help nobody, and each has to be found in the text. */
const maxProblems = 100;

export async function parseSettings(
	file: string,
	text: string,
	source: SettingsSource = 'own',
): Promise<ParsedSettings> {
	const failed = (problems: readonly string[]): ParsedSettings => ({ links: [], problems, ignored: [] });
	const fail = (message: string): ParsedSettings => failed([`${file}:1:1: ${message}`]);
	if (text.length > maxLength) return fail(`more than ${maxLength / 1024} KiB of YAML`);
	const { LineCounter, parseDocument } = await import('yaml');
	const lineCounter = new LineCounter();
	// The library's search for equal keys takes a minute for a file of nothing else, and cloud-init takes the last one.
	const uniqueKeys = source === 'own';
	const document = parseDocument(text, { lineCounter, logLevel: 'error', prettyErrors: false, uniqueKeys });
	const place = (offset: number): string => {
		const { line, col } = lineCounter.linePos(offset);
		return `${file}:${line}:${col}`;
	};
	const broken = document.errors
		.slice(0, maxProblems)
		.map(({ pos, message }) => `${place(pos[0])}: ${message}`);
	if (broken.length > 0) return failed(broken);
	let value: unknown;
	try {
		value = document.toJS({ maxAliasCount: 0 });
	} catch (error) {
		return fail(errorMessage(error));
	}
	const found: FieldProblem[] = [];
	const links = readLinks(value, source, found);
	const textOf = ({ path, message }: FieldProblem): string => {
		// The value, or what holds it where the value has no place of its own.
		for (let length = path.length; length >= 0; length -= 1) {
			const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
			const range = (node as { readonly range?: readonly number[] } | null | undefined)?.range;
			if (range?.[0] !== undefined) return `${place(range[0])}: ${path.join('.')}: ${message}`;
		}
		return `${file}:1:1: ${path.join('.')}: ${message}`;
	};
	const isIgnored = ({ isUnknownKey }: FieldProblem): boolean => isUnknownKey === true && source === 'cloud';
	return {
		links,
		problems: found
			.filter((each) => !isIgnored(each))
			.slice(0, maxProblems)
			.map(textOf),
		ignored: found.filter(isIgnored).slice(0, maxProblems).map(textOf),
	};
}

function readLinks(value: unknown, source: SettingsSource, problems: FieldProblem[]): readonly Link[] {
	const document = new Fields(value, [], problems);
	const isBare = source === 'cloud' && !document.keys().includes('network');
	const network = isBare ? document : document.map('network');
	if (!isBare) {
		if (document.value('network') === undefined) document.report('expected the key "network"');
		document.done();
	}
	const isVersion1 = network.value('version') === 1 && source === 'cloud';
	const links = isVersion1 ? readVersion1(network) : readSections(network);
	network.done();
	checkReferences(links, network);
	return links;
}

function readSections(network: Fields): Link[] {
	const links: Link[] = [];
	for (const [section, read] of Object.entries(sections)) {
		const fields = network.map(section);
		for (const id of fields.keys()) {
			if (linkName(id) === null) fields.report(`expected ${nameForm}`, id);
			const each = fields.map(id);
			links.push(read(each, id));
			each.done();
		}
	}
	return links;
}

const sections: Readonly<Record<string, (fields: Fields, id: string) => Link>> = {
	ethernets: readCard,
	bonds: (fields, id) => ({
		kind: 'bond',
		...common(fields, id),
		members: members(fields),
		...bondSettings(fields.map('parameters')),
	}),
	bridges: (fields, id) => {
		const parameters = fields.map('parameters');
		const isSpanningTree = parameters.flag('stp');
		const forwardDelaySeconds = parameters.integer('forward-delay', 0, 30) ?? 0;
		parameters.done();
		return {
			kind: 'bridge',
			...common(fields, id),
			members: members(fields),
			isSpanningTree,
			forwardDelaySeconds,
		};
	},
	vlans: (fields, id) => {
		const vlanId = fields.integer('id', 1, 4094);
		if (fields.value('id') === undefined) fields.report('a VLAN needs its number, "id"');
		const link = fields.text('link', 'the name of a link', linkName);
		if (fields.value('link') === undefined) fields.report('a VLAN needs the link that it is on, "link"');
		return { kind: 'vlan', ...common(fields, id), vlanId: vlanId ?? 1, link: link ?? '' };
	},
};

function readCard(fields: Fields, id: string): Link {
	const match = fields.map('match');
	const matchMac = match.text('macaddress', macForm, parseMac);
	const matchName = match.text('name', 'a name of a card, with * and ?', (text) =>
		/^[\w.*?-]{1,15}$/.test(text) ? text : null,
	);
	const matchDriver = match.text('driver', 'a name of a driver, with * and ?', (text) =>
		/^[\w.*?-]{1,60}$/.test(text) ? text : null,
	);
	match.done();
	const setName = fields.text('set-name', nameForm, linkName);
	const isOptional = fields.flag('optional');
	return { kind: 'card', ...common(fields, id), matchMac, matchName, matchDriver, setName, isOptional };
}

function common(fields: Fields, id: string) {
	const servers = fields.map('nameservers');
	const nameServers = servers.texts('addresses', 'an IP address', (text) => (isIP(text) === 0 ? null : text));
	const search = servers.texts('search', 'a domain', (text) => (/^[\w.-]{1,253}$/.test(text) ? text : null));
	servers.done();
	const gateways = (['gateway4', 'gateway6'] as const).flatMap((key) => {
		const length = key === 'gateway4' ? 4 : 16;
		const via = fields.text(key, 'an IP address', (text) => {
			const bytes = addressBytes(text);
			return bytes?.length === length ? bytes : null;
		});
		const route = { to: null, metric: null, isOnLink: false, text: `default via ${fields.value(key)}` };
		return via === null ? [] : [{ ...route, via }];
	});
	const items = fields.items('routes');
	return {
		id,
		isDhcp: [fields.flag('dhcp4'), fields.flag('dhcp6')].includes(true),
		addresses: fields.texts('addresses', 'an address such as 192.0.2.5/24 or 2001:db8::5/64', parseCidr),
		routes: [...gateways, ...items.flatMap((_, index) => readRoute(fields, index))],
		nameServers,
		search,
		mtu: fields.integer('mtu', 68, 65535),
		macAddress: fields.text('macaddress', macForm, (text) => {
			const mac = parseMac(text);
			return mac === null ? null : Uint8Array.from(mac.split(':').map((byte) => Number.parseInt(byte, 16)));
		}),
	};
}

function readRoute(link: Fields, index: number): Route[] {
	const fields = link.item('routes', index);
	const to = fields.text('to', 'default, or a network such as 192.0.2.0/24', (text) =>
		text === 'default' || text === '0.0.0.0/0' || text === '::/0' ? 'default' : parseCidr(text),
	);
	const via = fields.text('via', 'an IP address', addressBytes);
	const metric = fields.integer('metric', 0, 2 ** 32 - 1);
	const isOnLink = fields.flag('on-link');
	const [toText, viaText] = [fields.value('to'), fields.value('via')];
	fields.done();
	if (toText === undefined) fields.report('a route needs "to"');
	if (to === 'default' && viaText === undefined) fields.report('a default route needs "via"');
	if (to === null || (to === 'default' && via === null)) return [];
	if (to !== 'default' && via !== null && via.length !== to.address.length)
		fields.report('expected two addresses of one kind, IPv4 or IPv6');
	const text = `${toText}${via === null ? '' : ` via ${viaText}`}`;
	return [{ to: to === 'default' ? null : to, via, metric, isOnLink, text }];
}

function members(fields: Fields): string[] {
	return fields.texts('interfaces', 'the name of a link', linkName);
}

/** Reports names that are there twice, links that are not there, and circles. */
function checkReferences(links: readonly Link[], network: Fields): void {
	if (links.length > maxLinks) network.report(`more than ${maxLinks} links`);
	const byId = new Map(links.map((link) => [link.id, link]));
	if (byId.size < links.length) network.report('two links have the same name');
	const masters = new Map<string, string>();
	for (const link of links) {
		const below = link.kind === 'vlan' ? [link.link] : 'members' in link ? link.members : [];
		for (const id of below) {
			if (id !== '' && !byId.has(id)) network.report(`${link.id} names "${id}", which is no link here`);
			if (link.kind === 'vlan') continue;
			const other = masters.get(id);
			if (other !== undefined) network.report(`"${id}" is in ${other} and in ${link.id}`);
			masters.set(id, link.id);
		}
		for (let id = link.id, steps = 0; ; steps += 1) {
			const next = byId.get(id);
			if (next?.kind !== 'vlan') break;
			id = next.link;
			if (steps <= links.length) continue;
			network.report(`${link.id} is on itself`);
			break;
		}
	}
}
