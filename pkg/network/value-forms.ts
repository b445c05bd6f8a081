// The forms of values in a configuration of network links. Each function returns null for a text that is not valid.

import { addressBytes } from '../../native/text/ip-address.ts';
import type { Cidr } from './settings.ts';

export const nameForm = 'a name of at most 15 letters, digits, "-", "_" and "."';

export function linkName(text: string): string | null {
	return /^[A-Za-z0-9][\w.-]{0,14}$/.test(text) ? text : null;
}

export const macForm = 'a MAC address such as 52:54:00:12:34:56';

export function parseMac(text: string): string | null {
	return /^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(text) ? text.toLowerCase() : null;
}

export function parseCidr(text: string): Cidr | null {
	const [given = '', length = '', ...more] = text.split('/');
	const address = addressBytes(given);
	if (address === null || more.length > 0 || !/^\d{1,3}$/.test(length)) return null;
	const prefixLength = Number(length);
	return prefixLength > address.length * 8 ? null : { address, prefixLength, text };
}
