// `--require-digest` and `--verify-key`, from words to rules.

import { UsageError } from '../errors.ts';
import type { TrustRule } from '../resolve/image-trust.ts';

export const trustOptions = {
	'require-digest': { type: 'string', multiple: true },
	'verify-key': { type: 'string', multiple: true },
} as const;

/** For the help texts. */
export const trustHelp = `\
  --require-digest[=NAME]
                          refuse images that are not pinned by digest, in the YAML or the lock file; NAME is an
                          organization or an image, without it all are meant. As "trust" in the YAML does
  --verify-key [NAME=]FILE
                          refuse images (of NAME) that are not signed (cosign sign --key) by one of these public keys
`;

interface TrustValues {
	readonly 'require-digest'?: readonly string[] | undefined;
	readonly 'verify-key'?: readonly string[] | undefined;
}

const all = '*';

/** `--require-digest` may stand without a name, which parseArgs has no form for. */
export function withAllNames(args: readonly string[]): readonly string[] {
	return args.map((arg) => (arg === '--require-digest' ? `--require-digest=${all}` : arg));
}

export function trustRules(values: TrustValues): readonly TrustRule[] {
	const digests = (values['require-digest'] ?? []).map((name): TrustRule => {
		return { askedBy: '--require-digest', names: namesOf(name), keyFiles: [] };
	});
	const keys = new Map<string, string[]>();
	for (const text of values['verify-key'] ?? []) {
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

/** A name without a slash can be an organization or one of Docker's own images. */
function namesOf(name: string): TrustRule['names'] {
	return name === all ? null : { orgs: [name], images: [name] };
}
