// What a planned system consists of, for `slipway inspect`.

import { imageOf, type Plan } from '../resolve/plan.ts';
import { labelSettings, withDefaults } from '../system/bundle/image-label.ts';

interface UsedImage {
	readonly image: string;
	/** Of the manifest for this platform. */
	readonly digest: string;
}

export interface ContainerDescription extends UsedImage {
	readonly section: 'onboot' | 'onshutdown' | 'services';
	readonly name: string;
	/** Its arguments, those of the image included. */
	readonly command: readonly string[];
	readonly capabilities: readonly string[];
	readonly binds: readonly string[];
	readonly net: string | null;
	/** `default` or `unconfined`. */
	readonly apparmor: string;
	/** The services that it comes after. */
	readonly after: readonly string[];
}

export interface SystemDescription {
	readonly kernel: (UsedImage & { readonly commandLine: string }) | null;
	readonly init: readonly UsedImage[];
	readonly containers: readonly ContainerDescription[];
	readonly volumes: readonly { readonly name: string; readonly image: string | null }[];
	readonly files: readonly string[];
}

export function describeSystem(plan: Plan): SystemDescription {
	const { kernel, init, volumes, files } = plan.config;
	const used = (image: string): UsedImage => ({ image, digest: imageOf(plan, image).manifest.digest });
	return {
		kernel: kernel === null ? null : { ...used(kernel.image), commandLine: kernel.cmdline ?? '' },
		init: init.map(({ image }) => used(image)),
		containers: (['onboot', 'onshutdown', 'services'] as const).flatMap((section) =>
			plan.config[section].map((container): ContainerDescription => {
				const defaults = imageOf(plan, container.image).config.config;
				const settings = withDefaults(container, labelSettings(defaults.Labels, container.image));
				return {
					section,
					name: container.name,
					...used(container.image),
					command: settings.command ?? [...(defaults.Entrypoint ?? []), ...(defaults.Cmd ?? [])],
					capabilities: settings.capabilities ?? [],
					binds: settings.binds ?? [],
					net: settings.net ?? null,
					apparmor: settings.apparmor ?? 'unconfined',
					after: 'after' in container ? (container.after ?? []) : [],
				};
			}),
		),
		volumes: volumes.map(({ name, image = '' }) => ({ name, image: image === '' ? null : image })),
		files: files.map(({ path }) => path),
	};
}
