// Ethernet frames that a container with CAP_NET_RAW forges, in the form of test/ns/send-frame.cc. All fields are hexadecimal.

import { addressBytes } from '../../../../native/text/ip-address.ts';

/** A MAC address without its colons, and the addresses of IPv4 and IPv6. */
export interface Host {
	readonly mac: string;
	readonly version4: string;
	readonly version6: string;
}

const ethernet = { arp: '0806', version6: '86dd' };

function hexOf(address: string): string {
	return Buffer.from(addressBytes(address) ?? []).toString('hex');
}

/** An answer of ARP to `to` (RFC 826): `claimed` is at the MAC address of `from`. */
export function arpAnswer(from: Host, to: Host, claimed: string): string {
	const head = `${to.mac}${from.mac}${ethernet.arp}0001080006040002`;
	return `${head}${from.mac}${hexOf(claimed)}${to.mac}${hexOf(to.version4)}`;
}

/** A neighbor advertisement to `to` (RFC 4861, 4.4), solicited and overriding, with the target's MAC address. */
export function neighborAdvertisement(from: Host, to: Host, claimed: string): string {
	return icmpFrame(from, to, from.version6, `88000000${'60000000'}${hexOf(claimed)}0201${from.mac}`);
}

/** A router advertisement to `to` (RFC 4861, 4.2): the sender is the way out for half an hour. */
export function routerAdvertisement(from: Host, to: Host, linkLocal: string): string {
	return icmpFrame(from, to, linkLocal, `86000000${'40000708'}${'0'.repeat(16)}0101${from.mac}`);
}

/** @param message - of ICMPv6, its checksum zero */
function icmpFrame(from: Host, to: Host, source: string, message: string): string {
	const addresses = `${hexOf(source)}${hexOf(to.version6)}`;
	const length = message.length / 2;
	const words = Buffer.from(`${addresses}${length.toString(16).padStart(8, '0')}0000003a${message}`, 'hex');
	let sum = 0;
	for (let at = 0; at < words.length; at += 2) sum += words.readUInt16BE(at);
	while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
	const checksum = (~sum & 0xffff).toString(16).padStart(4, '0');
	const head = `60000000${length.toString(16).padStart(4, '0')}3aff`;
	return `${to.mac}${from.mac}${ethernet.version6}${head}${addresses}${message.slice(0, 4)}${checksum}${message.slice(8)}`;
}
