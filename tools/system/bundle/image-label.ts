// The label `org.mobyproject.config` of an image: its container's defaults, in the format of the YAML.

import { configLabel } from '../../../supervisor/contract/labels.ts';
import { ConfigError } from '../../config/config-error.ts';
import { labelSchema } from '../../config/container-schema.ts';
import type { ContainerSettings } from '../../config/system-config.ts';
import { validateYaml } from '../../config/validate.ts';

/** @param reference - names the image in an error; JSON is YAML, so the same validation finds what is wrong */
export function labelSettings(
	labels: Readonly<Record<string, string>> | undefined,
	reference: string,
): ContainerSettings {
	const label = labels?.[configLabel];
	if (label === undefined || label === '') return {};
	const { value, problems } = validateYaml(`label ${configLabel} of ${reference}`, label, labelSchema, {
		what: 'the label',
	});
	if (value === null || problems.length > 0) throw new ConfigError(problems);
	return value;
}

/** Settings with a word for "none" (`host`, `/`), so that an empty text counts as absent. */
const emptySaysNothing = ['cwd', 'net', 'pid', 'ipc', 'uts', 'userns', 'hostname'] as const;

/**
 * Merges the settings; those of the YAML take precedence. The `.add` lists are added to the label's; if the YAML has the
 * whole list, they are ignored, as in LinuxKit: a container never gets more than it would there.
 */
export function withDefaults(yaml: ContainerSettings, label: ContainerSettings): ContainerSettings {
	const said = Object.entries(yaml).filter(
		([key, value]) => value !== '' || !(emptySaysNothing as readonly string[]).includes(key),
	);
	const runtime = { ...label.runtime, ...yaml.runtime };
	const bindNS = { ...label.runtime?.bindNS, ...yaml.runtime?.bindNS };
	return {
		...label,
		...(Object.fromEntries(said) as ContainerSettings),
		binds: yaml.binds ?? [...(label.binds ?? []), ...(yaml['binds.add'] ?? [])],
		capabilities: yaml.capabilities ?? [...(label.capabilities ?? []), ...(yaml['capabilities.add'] ?? [])],
		runtime: { ...runtime, bindNS },
	};
}
