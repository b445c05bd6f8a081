// `apparmor:` of a container: the profile of AppArmor that confines it, or none.

import { word } from './schema.ts';

const words = ['default', 'unconfined'] as const;

export const apparmor = word(
	"The profile of AppArmor: `default` (like Docker's: no mounts and no writes to most of /proc and /sys, whatever the " +
		'capabilities), or `unconfined`. `default` needs `slipway/apparmor:v1` in `init`. Default: `unconfined`.',
	words,
	(given) =>
		(words as readonly string[]).includes(given)
			? null
			: `"${given}" is unknown. Expected ${words.join(' or ')}: profiles of your own can't be named.`,
);
