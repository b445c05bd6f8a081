// Which containers the built-in engine runs, and the seccomp filter that it finds compiled in their bundles.

import { errorMessage } from '../../../native/text/error-message.ts';
import { processorNamed } from '../../../supervisor/contract/processors.ts';
import type { RuntimeSpec } from '../../../supervisor/contract/runtime-spec.ts';
import { seccompFilter } from '../../../supervisor/engine/seccomp-filter.ts';
import type { OneShotConfig, ServiceConfig, SystemConfig } from '../../config/system-config.ts';
import type { Section } from './bundle.ts';

/** The word on the kernel's command line that asks for the engine. */
export const engineWord = 'slipway.runtime=builtin';

/** Reports whether the YAML or its command line of the kernel asks for the engine, which runs no services. */
export function isBuiltin(
	container: ServiceConfig | OneShotConfig,
	section: Section,
	{ kernel }: Pick<SystemConfig, 'kernel'>,
): boolean {
	if (section === 'services') return false;
	const engine = 'engine' in container ? container.engine : undefined;
	if (engine !== undefined) return engine === 'builtin';
	return (kernel?.cmdline ?? '').split(/\s+/).includes(engineWord);
}

export interface CompiledSeccomp {
	/** Null without a profile, with one that the engine can't have, and for a processor that it doesn't know. */
	readonly filter: Buffer | null;
	/** Why the engine can't have the profile, or null. */
	readonly problem: string | null;
}

export function compiledSeccomp({ linux = {} }: RuntimeSpec, architecture: string): CompiledSeccomp {
	const name = processorNamed(architecture)?.seccomp[0];
	if (linux.seccomp === undefined || name === undefined) return { filter: null, problem: null };
	try {
		return { filter: Buffer.from(seccompFilter(linux.seccomp, name)), problem: null };
	} catch (error) {
		return { filter: null, problem: errorMessage(error) };
	}
}
