// The label `org.mobyproject.config` of an image: its container's defaults, in the format of the YAML.

import { ConfigError } from '../config/config-error.ts';
import { labelSchema } from '../config/linuxkit-schema.ts';
import type { ContainerSettings } from '../config/system-config.ts';
import { validateYaml } from '../config/validate.ts';

export const configLabel = 'org.mobyproject.config';

/** @param reference - names the image in an error; JSON is YAML, so the same validation finds what is wrong */
export function labelSettings(
	labels: Readonly<Record<string, string>> | undefined,
	reference: string,
): ContainerSettings {
	const label = labels?.[configLabel];
	if (label === undefined || label.trim() === '') return {};
	const { value, problems } = validateYaml(`label ${configLabel} of ${reference}`, label, labelSchema);
	if (problems.length > 0) throw new ConfigError(problems);
	return value as ContainerSettings;
}

/** What the YAML says goes before what the label says; `.add` lists are added to either. */
export function withDefaults(yaml: ContainerSettings, label: ContainerSettings): ContainerSettings {
	const runtime = { ...label.runtime, ...yaml.runtime };
	const bindNS = { ...label.runtime?.bindNS, ...yaml.runtime?.bindNS };
	return {
		...label,
		...yaml,
		binds: [...(yaml.binds ?? label.binds ?? []), ...(yaml['binds.add'] ?? [])],
		capabilities: [...(yaml.capabilities ?? label.capabilities ?? []), ...(yaml['capabilities.add'] ?? [])],
		runtime: { ...runtime, bindNS },
	};
}
