// Which containers the built-in engine runs, and what it finds ready in their bundles: the plan of their start.

import { errorMessage } from '../../../native/text/error-message.ts';
import { engineRefusals } from '../../../supervisor/contract/engine-refusals.ts';
import { bundleFiles } from '../../../supervisor/contract/layout.ts';
import { processorNamed } from '../../../supervisor/contract/processors.ts';
import type { RuntimeSpec } from '../../../supervisor/contract/runtime-spec.ts';
import { seccompFilter } from '../../../supervisor/engine/seccomp-filter.ts';
import { startPlan } from '../../../supervisor/engine/start-plan.ts';
import type { FileEntry } from '../../archive/entry.ts';
import type { OneShotConfig, ServiceConfig, SystemConfig } from '../../config/system-config.ts';
import { bytesFile } from '../place-image.ts';
import type { Section } from './bundle.ts';
import { bundleJson } from './bundle-json.ts';
import { mountConstants } from './mount-constants.ts';

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

/**
 * Returns the file that saves PID 1 work; none where it would refuse the container, or has to compile the profile itself.
 *
 * @param directory - the bundle's, without the first slash
 */
export function engineFiles(directory: string, spec: RuntimeSpec, architecture: string): FileEntry[] {
	const { filter } = compiledSeccomp(spec, architecture);
	// A plan has no profile but the filter.
	const isReady = filter !== null || spec.linux?.seccomp === undefined;
	if (!isReady || engineRefusals(spec).length > 0) return [];
	const plan = startPlan(spec, bundleJson(spec), `/${directory}`, mountConstants, filter);
	return [bytesFile(`${directory}/${bundleFiles.start}`, plan)];
}
