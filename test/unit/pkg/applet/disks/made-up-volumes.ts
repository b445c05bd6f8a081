// Volumes as readVolumes() returns them, without disks.

import type { BlockDevice } from '../../../../../pkg/applet/disks/block-devices.ts';
import type { Contents, Finding } from '../../../../../pkg/applet/disks/contents.ts';
import type { Volume } from '../../../../../pkg/applet/disks/volume.ts';

const nothing: Contents = { findings: [], mbr: null, gpt: null };

/** `vda`, or `vda1` for a partition of vda. */
export function volume(
	name: string,
	contents: Partial<Contents> = {},
	more: Partial<BlockDevice> = {},
): Volume {
	const [, disk = name, number] = /^([a-z]+)(\d+)$/.exec(name) ?? [];
	const partition = number === undefined ? null : { disk, number: Number(number), startBytes: 2 ** 20 };
	const size = { sizeBytes: 64 * 2 ** 20, sectorBytes: 512 };
	const device = { name, path: `/dev/${name}`, ...size, readOnly: false, isHeld: false, partition, ...more };
	return { device, contents: { ...nothing, ...contents }, problem: '' };
}

export function holding(type: string, label = '', uuid = ''): Pick<Contents, 'findings'> {
	const kind: Finding['kind'] = ['swap', 'crypto_LUKS'].includes(type) ? 'container' : 'filesystem';
	return { findings: [{ type, kind, label, uuid }] };
}

/** A DOS table of partitions 1 to n with these types. */
export function dosTable(...types: readonly number[]): Pick<Contents, 'mbr'> {
	const partitions = types.map((type, index) => ({
		number: index + 1,
		type,
		firstSector: 2048,
		sectors: 2048,
	}));
	return { mbr: { diskId: 0xabcdef01, partitions } };
}
