// Makes network links as the settings say, by rtnetlink(7). What is there already stays: a second run changes nothing.

import { existsSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { constant, flags } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import {
	attribute,
	type LinkKind,
	type LinkSettings,
	linkBody,
	routeBody,
	uint8,
	uint16,
	uint32,
} from '../../native/linux/rtnetlink.ts';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { AppletError } from '../applet/applet.ts';
import { findCard, textOf } from './find-card.ts';
import type { Card, Link } from './settings.ts';

export type NetworkNative = Pick<Native, 'constants' | 'routeNetlink' | 'addressAdd'>;

export interface NetworkHost {
	readonly native: NetworkNative;
	/** /sys/class/net */
	readonly devices: string;
	/** How long to wait for cards, which need their drivers first. */
	readonly waitMs: number;
}

/**
 * Returns the names of the links by their ids; an optional card that is not there is missing. Throws an `AppletError` that
 * says which step has failed on which link.
 */
export async function applySettings(
	links: readonly Link[],
	host: NetworkHost,
): Promise<ReadonlyMap<string, string>> {
	const names = new Map<string, string>();
	const cards: { readonly card: Card; readonly name: string }[] = [];
	for (const card of links) {
		if (card.kind !== 'card') continue;
		const taken = new Set(cards.map(({ name }) => name));
		const name = await findCard(card, links, taken, host);
		if (name !== null) cards.push({ card, name });
	}
	// Two cards may have each other's name: one that another holds is free once all are out of the way.
	const present = new Set(cards.map(({ name }) => name));
	const aside = cards.map(({ card, name }, index) => {
		const isTaken = card.setName !== null && card.setName !== name && present.has(card.setName);
		return { card, name: isTaken ? rename(card, name, `slipway${index}`, host) : name };
	});
	for (const { card, name } of aside) names.set(card.id, rename(card, name, card.setName ?? name, host));
	const there = links.filter((link) => link.kind !== 'card' || names.has(link.id));
	for (const link of creationOrder(links)) names.set(link.id, create(link, names, host));
	for (const kind of ['bond', 'bridge'] as const) {
		for (const link of there) if (link.kind === kind) enslave(link.members, link.id, names, host);
	}
	// A VLAN may not have a larger MTU than the link below it, nor be up before it.
	const upward = [...there.filter(({ kind }) => kind !== 'vlan'), ...creationOrder(there).filter(isVlan)];
	for (const link of upward) setLink(link, nameOf(link.id, names), host);
	for (const link of there) setAddresses(link, nameOf(link.id, names), host);
	for (const link of there) setRoutes(link, nameOf(link.id, names), host);
	return names;
}

function isVlan(link: Link): boolean {
	return link.kind === 'vlan';
}

/** Bonds and bridges first, then each VLAN behind the link that it is on. Parsing has refused circles. */
function creationOrder(links: readonly Link[]): readonly Exclude<Link, Card>[] {
	const byId = new Map(links.map((link) => [link.id, link]));
	const depth = (link: Link | undefined): number =>
		link?.kind === 'vlan' ? 1 + depth(byId.get(link.link)) : 0;
	return links
		.flatMap((link) => (link.kind === 'card' ? [] : [link]))
		.toSorted((a, b) => depth(a) - depth(b));
}

/** Returns the new name. */
function rename({ id }: Card, name: string, wanted: string, { native, devices }: NetworkHost): string {
	if (wanted === name) return name;
	step(id, `name it ${wanted}`, () =>
		sendLink(native, { index: indexOf(name, devices), isUp: false, name: wanted }, []),
	);
	return wanted;
}

function create(
	link: Exclude<Link, Card>,
	names: ReadonlyMap<string, string>,
	{ native, devices }: NetworkHost,
): string {
	if (isMade(link, devices)) return link.id;
	const below = link.kind === 'vlan' ? { link: indexOf(nameOf(link.link, names), devices) } : {};
	step(link.id, `make the ${link.kind}`, () =>
		// Without NLM_F_EXCL: the module `bonding` makes a bond0 when it is loaded, which gets its settings so.
		sendLink(native, { index: 0, name: link.id, kind: kindOf(link, native), ...below }, ['NLM_F_CREATE']),
	);
	return link.id;
}

/** A bond that is down may be the module's own, with other settings. */
function isMade({ kind, id }: Link, devices: string): boolean {
	if (!existsSync(join(devices, id))) return false;
	return kind !== 'bond' || (Number(textOf(join(devices, id, 'flags'))) & 1) === 1;
}

function kindOf(link: Exclude<Link, Card>, native: NetworkNative): LinkKind {
	const data = (name: string, bytes: Buffer): Buffer => attribute(constant(native, name), bytes);
	switch (link.kind) {
		case 'vlan':
			return { kind: 'vlan', data: [data('IFLA_VLAN_ID', uint16(link.vlanId))] };
		case 'bond': {
			const hash = data('IFLA_BOND_XMIT_HASH_POLICY', uint8(link.hashPolicy));
			const monitor = data('IFLA_BOND_MIIMON', uint32(link.monitorMs));
			return { kind: 'bond', data: [data('IFLA_BOND_MODE', uint8(link.mode)), monitor, hash] };
		}
		case 'bridge': {
			const delay = data('IFLA_BR_FORWARD_DELAY', uint32(link.forwardDelaySeconds * 100));
			const tree = data('IFLA_BR_STP_STATE', uint32(link.isSpanningTree ? 1 : 0));
			// The kernel refuses a short delay for a tree.
			return { kind: 'bridge', data: link.forwardDelaySeconds > 0 ? [delay, tree] : [tree] };
		}
	}
}

/** A member of a bond must be down when it joins. */
function enslave(
	members: readonly string[],
	master: string,
	names: ReadonlyMap<string, string>,
	{ native, devices }: NetworkHost,
): void {
	for (const id of members) {
		const name = names.get(id);
		if (name === undefined || masterOf(name, devices) === master) continue;
		step(id, `join it to ${master}`, () => {
			sendLink(native, { index: indexOf(name, devices), isUp: false }, []);
			sendLink(native, { index: indexOf(name, devices), master: indexOf(master, devices) }, []);
		});
	}
}

function masterOf(name: string, devices: string): string | null {
	try {
		return basename(readlinkSync(join(devices, name, 'master')));
	} catch {
		return null;
	}
}

function setLink({ id, mtu, macAddress }: Link, name: string, { native, devices }: NetworkHost): void {
	const index = indexOf(name, devices);
	if (macAddress !== null) {
		step(id, 'set its MAC address', () => sendLink(native, { index, macAddress }, []));
	}
	if (mtu !== null) step(id, `set the MTU ${mtu}`, () => sendLink(native, { index, mtu }, []));
	step(id, 'bring it up', () => sendLink(native, { index, isUp: true }, []));
}

function setAddresses({ id, addresses }: Link, name: string, { native }: NetworkHost): void {
	for (const { address, prefixLength, text } of addresses) {
		step(id, `give it the address ${text}`, () => native.addressAdd(name, address, prefixLength));
	}
}

function setRoutes({ id, routes }: Link, name: string, { native, devices }: NetworkHost): void {
	for (const { to, via, metric, isOnLink, text } of routes) {
		const body = routeBody(native, {
			index: indexOf(name, devices),
			destination: to?.address ?? null,
			prefixLength: to?.prefixLength ?? 0,
			gateway: via,
			metric,
			isOnLink,
		});
		const bits = flags(native, ['NLM_F_CREATE', 'NLM_F_REPLACE']);
		step(id, `set the route ${text}`, () =>
			native.routeNetlink(constant(native, 'RTM_NEWROUTE'), bits, body),
		);
	}
}

function sendLink(native: NetworkNative, settings: LinkSettings, bits: readonly string[]): void {
	native.routeNetlink(constant(native, 'RTM_NEWLINK'), flags(native, bits), linkBody(native, settings));
}

/** What the kernel needs for a kind of link may be a module that the system does not have. */
function step(id: string, what: string, work: () => void): void {
	try {
		work();
	} catch (cause) {
		const isMissing = hasCode(cause, 'EOPNOTSUPP');
		const hint = isMissing ? '. Its kernel module is in the kernel slipway/kernel-containers' : '';
		throw new AppletError(`${id}: could not ${what}: ${errorMessage(cause)}${hint}`, { cause });
	}
}

function nameOf(id: string, names: ReadonlyMap<string, string>): string {
	const name = names.get(id);
	if (name === undefined) throw new AppletError(`${id} is not there, and another link needs it`);
	return name;
}

function indexOf(name: string, devices: string): number {
	return Number(textOf(join(devices, name, 'ifindex')));
}
