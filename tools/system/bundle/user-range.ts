// `userns: auto`: a user namespace whose users are a range of the system's that no other container has (user_namespaces(7)).
// The host gives the image's files to that range, because the kernels that we build systems for can't map the mounts of a
// squashfs or an initramfs. Pure.

import { planNumbers } from '../../../supervisor/contract/number-plan.ts';
import type { RuntimeSpec } from '../../../supervisor/contract/runtime-spec.ts';
import type { Entry } from '../../archive/entry.ts';
import type { ContainerSettings, SystemConfig } from '../../config/system-config.ts';

/** The word of `userns` in the YAML. */
export const autoWord = 'auto';

/** The users and groups of one container. */
const rangeSize = 65_536;
/** The ranges that systemd, too, leaves to containers: 0x80000 to 0x6fffffff (its UIDS-GIDS.md). */
const ranges = { first: 8, count: 28_664 } as const;
/** Nobody: whoever does not fit into the range. */
const overflowId = 65_534;

const sections = ['onboot', 'onshutdown', 'services'] as const;

/** Returns a container's name among all of the system. */
export function containerId(section: (typeof sections)[number], index: number, name: string): string {
	return section === 'services' ? name : `${section}.${String(index).padStart(3, '0')}-${name}`;
}

/** Returns the first user of each container's range, by `containerId`. */
export function planUserBases(
	config: Pick<SystemConfig, (typeof sections)[number]>,
): ReadonlyMap<string, number> {
	const ids = sections.flatMap((section) =>
		config[section].map(({ name }, index) => containerId(section, index, name)),
	);
	return new Map([...planNumbers(ids, ranges)].map(([id, number]) => [id, number * rangeSize]));
}

/** Returns why a container can't have a range; null when it can. */
export function rangeProblem(settings: ContainerSettings): string | null {
	const { pid = '', uidMappings = [], gidMappings = [], uid, gid, additionalGids = [] } = settings;
	if (uidMappings.length + gidMappings.length > 0)
		return '"userns: auto" makes the mappings itself. Leave out uidMappings and gidMappings, or write "userns: new".';
	if (pid !== '' && pid !== 'new')
		return `"userns: auto" needs processes of its own: the kernel gives it no /proc of "pid: ${pid}". Leave out one of them.`;
	const above = [uid, gid, ...additionalGids].find((id) => typeof id === 'number' && id >= rangeSize);
	return above === undefined ? null : `"userns: auto" has the users 0 to ${rangeSize - 1}, not ${above}.`;
}

export function withMappings(settings: ContainerSettings, base: number): ContainerSettings {
	const mapping = [{ containerID: 0, hostID: base, size: rangeSize }];
	return { ...settings, userns: 'new', uidMappings: mapping, gidMappings: mapping };
}

/** The kernel mounts a sysfs only for who owns the network namespace, so the system's is bound. Its files stay the system's. */
export function withBoundSys(spec: RuntimeSpec): RuntimeSpec {
	const mounts = (spec.mounts ?? []).map((mount) =>
		mount.type === 'sysfs'
			? {
					...mount,
					type: 'bind',
					source: '/sys',
					options: ['rbind', ...new Set([...(mount.options ?? []), 'ro'])],
				}
			: mount,
	);
	return { ...spec, mounts };
}

/** Returns the entry, and the links that a file carries, with their owners in the range. */
export function inRange(entry: Entry, base: number): Entry {
	const ownerOf = (id: number) => base + (id < rangeSize ? id : overflowId);
	const moved = <T extends Entry>(each: T): T => ({
		...each,
		uid: ownerOf(each.uid),
		gid: ownerOf(each.gid),
		...(each.xattrs === undefined ? {} : { xattrs: attributesOf(each.xattrs, base) }),
	});
	if (entry.kind !== 'file' || entry.links === undefined) return moved(entry);
	return { ...moved(entry), links: entry.links.map(moved) };
}

function attributesOf(given: ReadonlyMap<string, Uint8Array>, base: number): ReadonlyMap<string, Uint8Array> {
	return new Map(
		[...given].map(([name, value]) => [
			name,
			name === 'security.capability' ? capabilityOf(value, base) : value,
		]),
	);
}

/** Capabilities of a file count in a user namespace when they name its root (struct vfs_ns_cap_data of linux/capability.h). */
function capabilityOf(value: Uint8Array, base: number): Uint8Array {
	const revision2 = 0x02000000;
	const revision3 = 0x03000000;
	const bytes = Buffer.from(value);
	if (bytes.length !== 20) return bytes;
	const magic = bytes.readUInt32LE(0);
	if ((magic & 0xff000000) !== revision2) return bytes;
	const longer = Buffer.concat([bytes, Buffer.alloc(4)]);
	longer.writeUInt32LE((revision3 | (magic & 0x00ffffff)) >>> 0, 0);
	longer.writeUInt32LE(base, 20);
	return longer;
}
