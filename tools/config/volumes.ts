// Volumes by name: where they stand in the system, and the binds and mounts of containers that mean one. A source that
// doesn't begin with "/" is the name of a volume (LinuxKit's moby/build/volume.go).

import { nearestName } from '../../native/text/nearest-name.ts';
import { volumesFolder } from '../../supervisor/contract/layout.ts';
import type { ContainerConfig, VolumeConfig } from './system-config.ts';

/** Below it are `lower` (what the image brought), `tmp` (where it may be written) and `merged` (what is bound). */
export function volumeFolder(name: string): string {
	return `${volumesFolder}/${name}`;
}

/** Yields what is wrong with the use of volumes, with the container. Only what is asked for is looked at. */
export function* volumeProblems(
	containers: readonly ContainerConfig[],
	volumes: readonly VolumeConfig[],
): Generator<{ readonly container: ContainerConfig; readonly message: string }> {
	const byName = new Map(volumes.map((volume) => [volume.name, volume]));
	const names = [...byName.keys()];
	for (const container of containers) {
		for (const use of usesOf(container)) {
			const message = useProblem(use, byName.get(use.source), names);
			if (message !== null) yield { container, message: `${container.name}: ${message}` };
		}
	}
}

function useProblem(
	{ source, options, text }: VolumeUse,
	volume: VolumeConfig | undefined,
	names: readonly string[],
): string | null {
	if (volume === undefined) {
		const near = nearestName(source, names);
		const hint = near === null ? 'A path begins with "/".' : `Did you mean "${near}"?`;
		return `there is no volume "${source}" for "${text}". ${hint}`;
	}
	// Of several words mount(8) takes the last; "rw" in any place shows what is wanted.
	const readsOnly = options.includes('ro') && !options.includes('rw');
	if (volume.readonly !== true || readsOnly) return null;
	return `the volume ${source} is read-only, but "${text}" would write to it. Add the option "ro".`;
}

/** The container with the volumes' folders in the place of their names. */
export function withVolumeFolders<T extends ContainerConfig>(container: T): T {
	const { binds, mounts } = container;
	const added = container['binds.add'];
	return {
		...container,
		...(binds === undefined ? {} : { binds: binds.map(boundFolder) }),
		...(added === undefined ? {} : { 'binds.add': added.map(boundFolder) }),
		...(mounts === undefined
			? {}
			: {
					mounts: mounts.map((mount) =>
						mount.type === 'bind' ? { ...mount, source: mergedFolder(mount.source ?? '') } : mount,
					),
				}),
	};
}

interface VolumeUse {
	readonly source: string;
	readonly options: readonly string[];
	/** As written, for an error. */
	readonly text: string;
}

function usesOf(container: ContainerConfig): VolumeUse[] {
	const binds = [...(container.binds ?? []), ...(container['binds.add'] ?? [])].map((text) => {
		const [source = '', , options = ''] = text.split(':');
		return { source, options: options.split(','), text };
	});
	const mounts = (container.mounts ?? [])
		.filter((mount) => mount.type === 'bind')
		.map(({ source = '', options = [], destination = '' }) => {
			return { source, options, text: `${source}:${destination}` };
		});
	return [...binds, ...mounts].filter((use) => !use.source.startsWith('/'));
}

function boundFolder(bind: string): string {
	const [source = '', ...rest] = bind.split(':');
	return [mergedFolder(source), ...rest].join(':');
}

function mergedFolder(source: string): string {
	return source.startsWith('/') ? source : `${volumeFolder(source)}/merged`;
}
