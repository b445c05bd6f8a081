// Reads the parameters of a bond, by the words of the kernel's bonding driver (Documentation/networking/bonding.rst).

import type { Fields } from './read-fields.ts';

const modes = [
	'balance-rr',
	'active-backup',
	'balance-xor',
	'broadcast',
	'802.3ad',
	'balance-tlb',
	'balance-alb',
];
const hashPolicies = ['layer2', 'layer3+4', 'layer2+3'];

/** The keys of the parameters in netplan. */
const bondKeys = {
	mode: 'mode',
	hashPolicy: 'transmit-hash-policy',
	monitorMs: 'mii-monitor-interval',
} as const;

/** The numbers of mode and policy are their places in the kernel's lists. */
export function bondSettings(
	parameters: Fields,
	keys: Readonly<Record<keyof typeof bondKeys, string>> = bondKeys,
): { readonly mode: number; readonly hashPolicy: number; readonly monitorMs: number } {
	const oneOf = (key: string, words: readonly string[]): number =>
		parameters.text(key, `one of ${words.join(', ')}`, (text) =>
			words.includes(text) ? words.indexOf(text) : null,
		) ?? 0;
	const settings = {
		mode: oneOf(keys.mode, modes),
		hashPolicy: oneOf(keys.hashPolicy, hashPolicies),
		// Without it, a card without its cable stays in use.
		monitorMs: parameters.integer(keys.monitorMs, 0, 60_000) ?? 100,
	};
	parameters.done();
	return settings;
}
