// The mounts of a container: those of every container, then those of its configuration, by destination.

import type { Mount } from '../../../supervisor/contract/runtime-config.ts';
import { standardMounts } from '../../../supervisor/contract/standard-mounts.ts';
import type { ContainerSettings, IdMapping, MountConfig } from '../../config/system-config.ts';

/** The default destination of a mount, by its type. */
const usualDestination: Readonly<Record<string, string>> = {
	mqueue: '/dev/mqueue',
	devpts: '/dev/pts',
	proc: '/proc',
	sysfs: '/sys',
	cgroup: '/sys/fs/cgroup',
};

/** Returns the mounts sorted by destination, so that a directory is mounted before mounts inside it. */
export function containerMounts(settings: ContainerSettings): Mount[] {
	const mounts = new Map<string, Mount>();
	const all = [
		...standardMounts(settings.readonly ?? false),
		...(settings.tmpfs ?? []).map(tmpfsMount),
		...(settings.binds ?? []).map(bindMount),
		...(settings.mounts ?? []).map(namedMount),
	];
	for (const mount of all) mounts.set(mount.destination, mount);
	return [...mounts.values()].sort((a, b) => (a.destination < b.destination ? -1 : 1));
}

function tmpfsMount(text: string): Mount {
	const [destination = '', options] = text.split(':');
	return mountOf(destination, 'tmpfs', 'tmpfs', options?.split(',') ?? []);
}

/** Without options a bind is writable and shares later mounts; it is always recursive. */
function bindMount(text: string): Mount {
	const [source = '', destination = '', options] = text.split(':');
	const words = options === undefined ? ['rw', 'rbind', 'rshared'] : [...options.split(','), 'rbind'];
	return mountOf(destination, 'bind', source, words);
}

/** An empty text counts as absent. */
function namedMount(mount: MountConfig): Mount {
	const { source = '', options = [] } = mount;
	const implied = Object.hasOwn(usualDestination, source) ? source : 'tmpfs';
	const type = nonEmpty(mount.type) ?? implied;
	const destination = nonEmpty(mount.destination) ?? usualDestination[type] ?? '';
	return {
		...mountOf(destination, type, nonEmpty(source) ?? type, options),
		...mappings('uidMappings', mount.uidmappings),
		...mappings('gidMappings', mount.gidmappings),
	};
}

/** Returns undefined for an empty text, which means the default in LinuxKit's format. */
export function nonEmpty(text: string | undefined): string | undefined {
	return text === '' ? undefined : text;
}

function mountOf(destination: string, type: string, source: string, options: readonly string[]): Mount {
	return { destination, type, source, ...(options.length === 0 ? {} : { options }) };
}

/** Returns the mappings in the runtime-spec's form (`config.md`, Mounts). */
function mappings(key: 'uidMappings' | 'gidMappings', given: readonly IdMapping[] = []) {
	return given.length === 0 ? {} : { [key]: given.map(fullMapping) };
}

export function fullMapping({ containerID = 0, hostID = 0, size = 0 }: IdMapping) {
	return { containerID, hostID, size };
}
