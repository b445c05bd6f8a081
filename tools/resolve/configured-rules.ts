// `trust` of the YAML files as rules: images pinned by digest or, where keys are named, signed by one of them.

import { dirname, resolve } from 'node:path';
import { formatPosition } from '../config/position.ts';
import type { TrustConfig } from '../config/system-config.ts';
import type { TrustRule } from './image-trust.ts';

export function configuredRules(trust: readonly TrustConfig[]): readonly TrustRule[] {
	return trust.map(({ image = [], org = [], keys = [], at }) => ({
		askedBy: `"trust" at ${formatPosition(at)}`,
		names: { orgs: org, images: image },
		keyFiles: keys.map((file) => resolve(dirname(at.file), file)),
	}));
}
