// Bundles are compared with LinuxKit's without the confinement that slipway adds by default (docs/differences.md).

import { isDeepStrictEqual } from 'node:util';
import {
	defaultMaskedPaths,
	defaultReadonlyPathsFor,
} from '../../supervisor/contract/default-confinement.ts';
import type { Linux, RuntimeSpec } from '../../supervisor/contract/runtime-spec.ts';
import { defaultSeccompProfile } from '../../supervisor/contract/seccomp-profile.ts';

/** Removes from our `config.json` each default confinement that LinuxKit's does not have; anything else stays. */
export function withoutConfinement(ours: RuntimeSpec, theirs: Partial<RuntimeSpec>): RuntimeSpec {
	const { noNewPrivileges, ...process } = ours.process;
	const capabilities = process.capabilities?.bounding ?? [];
	const defaults: Partial<Linux> = {
		maskedPaths: defaultMaskedPaths,
		readonlyPaths: defaultReadonlyPathsFor(capabilities),
		seccomp: defaultSeccompProfile(capabilities, 'amd64'),
	};
	const linux = Object.entries(ours.linux ?? {}).filter(([key, value]) => {
		const isDefault = isDeepStrictEqual(value, defaults[key]);
		return !isDefault || theirs.linux?.[key] !== undefined;
	});
	const isAdded = noNewPrivileges === true && capabilities.length === 0 && !theirs.process?.noNewPrivileges;
	return {
		...ours,
		process: isAdded ? process : ours.process,
		...(ours.linux === undefined ? {} : { linux: Object.fromEntries(linux) }),
	};
}
