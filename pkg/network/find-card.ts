// Finds the card that the settings mean, by its name, its address or its driver, also after an earlier run has changed both.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppletError } from '../applet/applet.ts';
import type { Card, Link } from './settings.ts';

interface CardPlace {
	/** /sys/class/net */
	readonly devices: string;
	/** How long to wait for cards, which need their drivers first. */
	readonly waitMs: number;
}

const pollMs = 50;

/**
 * Returns the name that the card has now, and null when an optional one is not there. Throws an `AppletError` for any other.
 *
 * @param taken - the names of cards that other settings have got
 */
export async function findCard(
	card: Card,
	links: readonly Link[],
	taken: ReadonlySet<string>,
	{ devices, waitMs }: CardPlace,
): Promise<string | null> {
	const others = new Set([...taken, ...links.flatMap((link) => (link.kind === 'card' ? [] : [link.id]))]);
	const deadline = performance.now() + (card.isOptional ? 0 : waitMs);
	for (;;) {
		const present = readdirSync(devices).sort();
		// A bond and a VLAN have the address of a card too.
		const cards = present.filter((name) => !others.has(name) && name !== 'lo');
		const found =
			cards.find((name) => isMatch(card, name, devices)) ??
			cards.find((name) => isChanged(card, name, devices));
		if (found !== undefined) return found;
		if (performance.now() >= deadline) {
			if (card.isOptional) return null;
			const what = `${card.id}: there is no card that matches`;
			throw new AppletError(`${what} after ${waitMs / 1000} s. There is ${present.join(', ')}.`);
		}
		await sleep(pollMs);
	}
}

/** An earlier run may have named the card and put it into a bond. */
function isMatch(card: Card, name: string, devices: string): boolean {
	const { matchMac, matchDriver } = card;
	return (
		isNameMatch(card, name) &&
		(matchMac === null || addressOf(name, devices) === matchMac) &&
		(matchDriver === null || isGlobMatch(matchDriver, driverOf(name, devices)))
	);
}

/** An earlier run may have given the card another address, by which it is known now. */
function isChanged(card: Card, name: string, devices: string): boolean {
	const { matchMac, macAddress } = card;
	if (matchMac === null || macAddress === null) return false;
	return isNameMatch(card, name) && addressOf(name, devices) === macText(macAddress);
}

function isNameMatch({ id, matchMac, matchName, matchDriver, setName }: Card, name: string): boolean {
	if (name === setName) return true;
	if (matchName !== null) return isGlobMatch(matchName, name);
	return matchMac !== null || matchDriver !== null || name === id;
}

/** The members of a bond show the bond's address (the kernel's Documentation/networking/bonding.rst). */
function addressOf(name: string, devices: string): string {
	const ownAddress = textOf(join(devices, name, 'bonding_slave/perm_hwaddr'));
	return ownAddress === '' ? textOf(join(devices, name, 'address')) : ownAddress;
}

/** Empty for a card without a driver of its own, such as a tunnel. */
function driverOf(name: string, devices: string): string {
	try {
		return basename(readlinkSync(join(devices, name, 'device/driver')));
	} catch {
		return '';
	}
}

function macText(bytes: Uint8Array): string {
	return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** `*` stands for any characters and `?` for one; a name has 15 at most. */
function isGlobMatch(pattern: string, name: string): boolean {
	const source = [...pattern].map((each) => (each === '*' ? '.*' : each === '?' ? '.' : RegExp.escape(each)));
	return new RegExp(`^${source.join('')}$`).test(name);
}

/** Empty for a file that is not there: some devices have no address. */
export function textOf(path: string): string {
	try {
		return readFileSync(path, 'utf8').trim();
	} catch {
		return '';
	}
}
