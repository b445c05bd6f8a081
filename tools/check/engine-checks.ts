// The check of the containers that the built-in engine is to run: what it can't do is refused by name.

import { engineRefusals } from '../../supervisor/contract/engine-refusals.ts';
import type { OneShotConfig } from '../config/system-config.ts';
import type { ValuePath } from '../config/value-position.ts';
import { compiledSeccomp, engineWord, isBuiltin } from '../system/bundle/engine.ts';
import type { Finding } from './finding.ts';
import type { CheckedContainer, CheckedSystem } from './system.ts';

export function engineFindings(system: CheckedSystem, container: CheckedContainer): readonly Finding[] {
	const { section, spec, image } = container;
	if (!isBuiltin(container.config, section, system.plan.config)) return [];
	const config = container.config as OneShotConfig;
	const wayOut =
		config.engine === undefined
			? `set "engine: runc" for this container (the kernel's command line has ${engineWord})`
			: 'leave out "engine: builtin"';
	const finding = (key: string, message: string): Finding => ({
		check: 'engine',
		severity: 'error',
		at: config.at,
		path: pathOf(config, key),
		message: `${config.name}: ${message}, or ${wayOut}.`,
	});
	const refusals = engineRefusals(spec);
	const { problem } = compiledSeccomp(spec, image.config.architecture);
	return [
		...refusals.map(({ key, what }) => finding(key, `the built-in engine can't do ${what}. Leave it out`)),
		...(problem === null || refusals.some(({ key }) => key === 'linux.seccomp')
			? []
			: [
					finding(
						'linux.seccomp',
						`the built-in engine can't have its filter: ${problem}. Change the profile`,
					),
				]),
	];
}

/** Returns the way to the YAML's key of the same name; else to the engine's, or to the image, whose label may have asked. */
function pathOf(config: OneShotConfig, key: string): ValuePath {
	const [first = '', second = ''] = key.split('.');
	const record: Readonly<Record<string, unknown>> = { ...config };
	const name = second === '' ? first : second;
	if (record[name] !== undefined) return [name];
	return [config.engine === undefined ? 'image' : 'engine'];
}
