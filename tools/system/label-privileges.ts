// Finds what the labels of images grant to containers: the privileges that a container has with the label
// `org.mobyproject.config` and would not have without it. `trust: labels:` of the YAML says whose labels may grant any.

import { defaultApparmorProfile } from '../../supervisor/contract/apparmor.ts';
import { formatPosition } from '../config/position.ts';
import { SlipwayError } from '../errors.ts';
import { isNamed } from '../resolve/image-trust.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';
import type { Section } from './bundle/bundle.ts';
import { labelSettings, withDefaults } from './bundle/image-label.ts';
import { type Privilege, privilegesOf } from './bundle/privileges.ts';

interface ContainerPrivileges {
	/** `services/redis` */
	readonly container: string;
	readonly image: string;
	/** `FILE:LINE:COLUMN` of the container. */
	readonly at: string;
	readonly byYaml: readonly Privilege[];
	readonly byLabel: readonly Privilege[];
	/** A profile of AppArmor confines it, whatever it is granted. */
	readonly isConfined: boolean;
}

const sections: readonly Section[] = ['onboot', 'onshutdown', 'services'];

/** Returns all containers of the system in their order. */
function containerPrivileges(plan: Plan): readonly ContainerPrivileges[] {
	return sections.flatMap((section) =>
		plan.config[section].map((container): ContainerPrivileges => {
			const label = labelSettings(imageOf(plan, container.image).config.config.Labels, container.image);
			const byYaml = privilegesOf(withDefaults(container, {}));
			const own = new Set(byYaml.map(({ text }) => text));
			return {
				container: `${section}/${container.name}`,
				image: container.image,
				at: formatPosition(container.at),
				byYaml,
				isConfined: withDefaults(container, label).apparmor === 'default',
				byLabel: privilegesOf(withDefaults(container, label)).filter(({ text }) => !own.has(text)),
			};
		}),
	);
}

/**
 * Throws a `SlipwayError` when `trust:` has `labels:` and the label of an image that they do not name grants a privilege.
 * Without `labels:` every label may grant all that its image asks for, as in LinuxKit.
 */
export function refuseUntrustedLabels(plan: Plan): void {
	const rules = plan.config.trust.filter(({ labels }) => labels !== undefined);
	if (rules.length === 0) return;
	const trusted = rules.flatMap(({ labels = [] }) => labels);
	const refused = containerPrivileges(plan).filter(
		({ image, byLabel }) => byLabel.length > 0 && !trusted.some((name) => isNamed(image, name)),
	);
	if (refused.length === 0) return;
	const lines = refused.map(
		({ at, container, image, byLabel }) =>
			`${at}: ${container}: the label of ${image} grants ${texts(byLabel)}, and "trust" does not name it in "labels".`,
	);
	const hint = 'Write what the container may do into the YAML, or add the image to "labels".';
	throw new SlipwayError('UNTRUSTED_LABEL', [...lines, hint].join('\n'));
}

/** Returns one line for each image whose label, which no `trust: labels:` names, grants the power of root. */
export function rootPowerLines(plan: Plan): readonly string[] {
	const trusted = plan.config.trust.flatMap(({ labels = [] }) => labels);
	const lines = containerPrivileges(plan).flatMap(({ container, image, byLabel }) => {
		const power = byLabel.filter(({ isRootPower }) => isRootPower);
		if (power.length === 0 || trusted.some((name) => isNamed(image, name))) return [];
		return [`${container}: the label of ${image} grants it root's power over the system: ${texts(power)}.`];
	});
	return lines.length === 0
		? []
		: [...lines, 'See --explain-privileges, and "trust: labels:" for whose labels may do so.'];
}

/** Returns what `--explain-privileges` prints: each container with what it is granted, and by whom. */
export function privilegeLines(plan: Plan): readonly string[] {
	return containerPrivileges(plan).flatMap(({ container, image, byYaml, byLabel, isConfined }) => [
		`${container} (${image})`,
		...(byYaml.length + byLabel.length === 0 ? ['  the defaults only'] : []),
		...byYaml.map((each) => `  by the YAML:  ${marked(each)}`),
		...byLabel.map((each) => `  by the label: ${marked(each)}`),
		...(isConfined ? [`  confined by AppArmor's profile ${defaultApparmorProfile}`] : []),
	]);
}

function marked({ text, isRootPower }: Privilege): string {
	return isRootPower ? `${text} (root's power)` : text;
}

function texts(privileges: readonly Privilege[]): string {
	return privileges.map(({ text }) => text).join('; ');
}
