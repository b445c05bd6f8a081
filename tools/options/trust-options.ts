// The options `--require-digest` and `--verify-key`, and the rules that follow from them.

import { UsageError } from '../errors.ts';
import type { TrustRule } from '../resolve/image-trust.ts';
import type { OptionTable } from '../terminal/option-table.ts';

/** The value of an option that stands for every image. */
const all = '*';

export const trustOptions = {
	'require-digest': {
		value: 'NAME',
		bareValue: all,
		// The files of a build have an end such as .yml, and a name has none.
		meantAsValue: /^\w[\w./:-]*(?<!\.[a-z]\w*)$/i,
		isRepeatable: true,
		group: 'Locks and trust',
		help:
			'refuse images that are pinned by digest neither in the YAML nor in the lock file. NAME is an organization ' +
			'or an image; without it, all images need a digest. "trust" in the YAML does the same',
	},
	'verify-key': {
		value: '[NAME=]FILE',
		isRepeatable: true,
		completes: 'file',
		group: 'Locks and trust',
		help: 'refuse images, or those of NAME, that are not signed (cosign sign --key) with one of these public keys',
	},
} as const satisfies OptionTable;

interface TrustValues {
	readonly 'require-digest': readonly string[];
	readonly 'verify-key': readonly string[];
}

/** Returns a rule for each `--require-digest` and for each name of `--verify-key`. */
export function trustRules(values: TrustValues): readonly TrustRule[] {
	const digests = values['require-digest'].map((name): TrustRule => {
		if (name === '')
			throw new UsageError('--require-digest=: expected an organization or an image, such as linuxkit.');
		return { askedBy: '--require-digest', names: namesOf(name), keyFiles: [] };
	});
	const keys = new Map<string, string[]>();
	for (const text of values['verify-key']) {
		const [, name = all, file = ''] = /^(?:([^=]*)=)?(.*)$/.exec(text) ?? [];
		if (name === '' || file === '')
			throw new UsageError(`--verify-key ${text}: expected FILE or NAME=FILE, such as linuxkit=cosign.pub.`);
		keys.set(name, [...(keys.get(name) ?? []), file]);
	}
	const signatures = [...keys].map(([name, keyFiles]): TrustRule => {
		return { askedBy: '--verify-key', names: namesOf(name), keyFiles };
	});
	return [...digests, ...signatures];
}

/** Returns null for all images. A name without a slash can be an organization or one of Docker's own images. */
function namesOf(name: string): TrustRule['names'] {
	return name === all ? null : { orgs: [name], images: [name] };
}
