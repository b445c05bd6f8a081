// A container of the YAML as an OCI bundle: its folder, `config.json` and `runtime.json`.
//
// Read-write containers have their image under `lower/`, a tmpfs on `tmp/` and an overlay of the two on `rootfs/`;
// read-only ones have the image directly under `rootfs/`. A second container of the same image uses the first one's.

import type { RuntimeConfig } from '../../supervisor/contract/runtime-config.ts';
import type { RuntimeSpec } from '../../supervisor/contract/runtime-spec.ts';
import type { ContainerConfig, RuntimeSection } from '../config/system-config.ts';
import type { ImageDefaultsJson } from '../image/image-config.ts';
import { labelSettings, withDefaults } from './image-label.ts';
import { runtimeSpec } from './runtime-spec.ts';

export type Section = 'onboot' | 'onshutdown' | 'services';

export interface BundleInput {
	readonly section: Section;
	/** In the section, from 0. */
	readonly index: number;
	readonly container: ContainerConfig;
	readonly image: ImageDefaultsJson;
	readonly ids: ReadonlyMap<string, number>;
	/** The absolute path in the guest where an earlier container has this image; null: this is the first. */
	readonly sharedImage: string | null;
}

export interface Bundle {
	/** Relative: `containers/onboot/000-name`. */
	readonly directory: string;
	readonly readonly: boolean;
	/** Where the image stands: `DIRECTORY/lower` or `DIRECTORY/rootfs`, or the earlier container's. */
	readonly imagePath: string;
	readonly spec: RuntimeSpec;
	readonly runtime: RuntimeConfig;
}

export function containerBundle(input: BundleInput): Bundle {
	const { section, index, container } = input;
	const settings = withDefaults(container, labelSettings(input.image.Labels, container.image));
	const readonly = settings.readonly === true;
	const number = section === 'services' ? '' : `${String(index).padStart(3, '0')}-`;
	const directory = `containers/${section}/${number}${container.name}`;
	const imagePath = input.sharedImage ?? `/${directory}/${readonly ? 'rootfs' : 'lower'}`;
	return {
		directory,
		readonly,
		imagePath,
		spec: runtimeSpec(settings, input.image, input.ids),
		runtime: runtimeConfig(`/${directory}`, readonly, imagePath, settings.runtime ?? {}),
	};
}

function runtimeConfig(
	folder: string,
	readonly: boolean,
	image: string,
	given: RuntimeSection,
): RuntimeConfig {
	const bindNS = given.bindNS ?? {};
	return {
		cgroups: given.cgroups ?? [],
		mounts: [
			...(readonly ? readOnlyRoot(folder, image) : overlayRoot(folder, image)),
			...(given.mounts ?? []).map((mount) => ({ ...orderedMount(mount) })),
		],
		mkdir: given.mkdir ?? [],
		interfaces: (given.interfaces ?? []).map(({ name, add, peer, createInRoot }) => ({
			...(name === undefined ? {} : { name }),
			...(add === undefined ? {} : { add }),
			...(peer === undefined ? {} : { peer }),
			createInRoot: createInRoot ?? false,
		})),
		bindNS: {
			cgroup: bindNS['cgroup'] ?? '',
			ipc: bindNS['ipc'] ?? '',
			mnt: bindNS['mnt'] ?? '',
			net: bindNS['net'] ?? '',
			pid: bindNS['pid'] ?? '',
			user: bindNS['user'] ?? '',
			uts: bindNS['uts'] ?? '',
		},
		namespace: given.namespace ?? '',
	};
}

function readOnlyRoot(folder: string, image: string) {
	return [{ destination: `${folder}/rootfs`, source: image, options: ['bind'] }];
}

function overlayRoot(folder: string, image: string) {
	const layers = [`lowerdir=${image}`, `upperdir=${folder}/tmp/upper`, `workdir=${folder}/tmp/work`];
	return [
		{ destination: `${folder}/tmp`, type: 'tmpfs', source: 'tmpfs' },
		{ destination: `${folder}/tmp`, options: ['remount', 'private'] },
		{ destination: `${folder}/rootfs`, type: 'overlay', source: 'overlay', options: layers },
	];
}

/** Keys in the runtime-spec's order. */
function orderedMount(mount: NonNullable<RuntimeSection['mounts']>[number]) {
	const { destination, type, source, options } = mount;
	return {
		destination: destination ?? '',
		...(type === undefined ? {} : { type }),
		...(source === undefined ? {} : { source }),
		...(options === undefined || options.length === 0 ? {} : { options }),
	};
}

/** As LinuxKit writes JSON: four spaces, no newline at the end. */
export function bundleJson(value: RuntimeSpec | RuntimeConfig): string {
	return JSON.stringify(value, null, 4)
		.replaceAll('<', '\\u003c')
		.replaceAll('>', '\\u003e')
		.replaceAll('&', '\\u0026');
}
