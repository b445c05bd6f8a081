// Volumes: their directories in the system, and the binds and mounts of containers that name one. A source that does not
// begin with "/" is the name of a volume (LinuxKit's moby/build/volume.go).

import { nearestName } from '../../native/text/nearest-name.ts';
import { volumesFolder } from '../../supervisor/contract/layout.ts';
import type { ContainerConfig, VolumeConfig } from './system-config.ts';
import type { ValuePath } from './value-position.ts';

/** Returns the directory of a volume. It has `lower` (the image), `tmp` (the writes) and `merged` (what is bound). */
export function volumeFolder(name: string): string {
	return `${volumesFolder}/${name}`;
}

export interface VolumeProblem {
	readonly container: ContainerConfig;
	/** The way from the container to the bind or mount. */
	readonly path: ValuePath;
	readonly message: string;
}

/** Yields the problems with the use of volumes, each with its container. Checks lazily. */
export function* volumeProblems(
	containers: readonly ContainerConfig[],
	volumes: readonly VolumeConfig[],
): Generator<VolumeProblem> {
	const byName = new Map(volumes.map((volume) => [volume.name, volume]));
	const names = [...byName.keys()];
	for (const container of containers) {
		for (const use of usesOf(container)) {
			const message = useProblem(use, byName.get(use.source), names);
			if (message !== null) yield { container, path: use.path, message: `${container.name}: ${message}` };
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
		const hint = near === null ? missingVolume(source) : `Did you mean "${near}"?`;
		return `there is no volume "${source}" for "${text}". ${hint}`;
	}
	// mount(8) uses the last of several words; "rw" at any place shows the intention.
	const readsOnly = options.includes('ro') && !options.includes('rw');
	if (volume.readonly !== true || readsOnly) return null;
	return `the volume ${source} is read-only, but "${text}" would write to it. Add the option "ro".`;
}

function missingVolume(source: string): string {
	if (/^[.~]/.test(source))
		return 'A bind has an absolute path of the system; "files" with a source brings a file of this machine into the system.';
	return /^[a-z0-9_-]+$/.test(source)
		? `Add it at the top of the file: volumes: [{ name: ${source} }]. A path begins with "/".`
		: 'A path begins with "/".';
}

/** Replaces the names of volumes by their directories. */
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
	/** The bind or mount as written, for errors. */
	readonly text: string;
	readonly path: ValuePath;
}

function usesOf(container: ContainerConfig): VolumeUse[] {
	const binds = (['binds', 'binds.add'] as const).flatMap((key) =>
		(container[key] ?? []).map((text, index) => {
			const [source = '', , options = ''] = text.split(':');
			return { source, options: options.split(','), text, path: [key, index] };
		}),
	);
	const mounts = (container.mounts ?? []).flatMap((mount, index) => {
		const { type, source = '', options = [], destination = '' } = mount;
		const path = ['mounts', index];
		return type === 'bind' ? [{ source, options, text: `${source}:${destination}`, path }] : [];
	});
	// What lacks its source or its destination is reported as such.
	return [...binds, ...mounts].filter(({ source }) => source !== '' && !source.startsWith('/'));
}

function boundFolder(bind: string): string {
	const [source = '', ...rest] = bind.split(':');
	return [mergedFolder(source), ...rest].join(':');
}

function mergedFolder(source: string): string {
	return source.startsWith('/') ? source : `${volumeFolder(source)}/merged`;
}
