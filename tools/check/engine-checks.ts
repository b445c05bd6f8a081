// The check of the containers that the built-in engine is to run: what it can't do is refused by name.

import { engineRefusals } from '../../supervisor/contract/engine-refusals.ts';
import type { OneShotConfig } from '../config/system-config.ts';
import type { ValuePath } from '../config/value-position.ts';
import type { Finding } from './finding.ts';
import type { CheckedContainer, CheckedSystem } from './system.ts';

const kernelWord = 'slipway.runtime=builtin';

export function engineFindings(system: CheckedSystem, container: CheckedContainer): readonly Finding[] {
	const { section, spec, bundle } = container;
	if (section === 'services') return [];
	const config = container.config as OneShotConfig;
	const words = (system.plan.config.kernel?.cmdline ?? '').split(/\s+/);
	const isBuiltin = config.engine === undefined ? words.includes(kernelWord) : config.engine === 'builtin';
	if (!isBuiltin) return [];
	const asked = config.engine === undefined ? kernelWord : 'engine: builtin';
	return engineRefusals(spec, bundle.runtime).map(({ key, what }) => ({
		check: 'engine',
		severity: 'error',
		at: config.at,
		path: pathOf(config, key),
		message: `${config.name}: the built-in engine can't do ${what}. Leave it out, or ${
			config.engine === undefined
				? `set "engine: runc" for this container (the kernel's command line has ${asked})`
				: 'leave out "engine: builtin"'
		}.`,
	}));
}

/** Returns the way to the YAML's key of the same name; else to the engine's, or to the image, whose label may have asked. */
function pathOf(config: OneShotConfig, key: string): ValuePath {
	const [first = '', second = ''] = key.split('.');
	const record: Readonly<Record<string, unknown>> = { ...config };
	const names = first === 'runtime' ? ['runtime', second] : [second === '' ? first : second];
	if (record[names[0] ?? ''] !== undefined) return names;
	return [config.engine === undefined ? 'image' : 'engine'];
}
