// The calls for loop devices, device-mapper devices and partition tables.

import { fd, flags } from './arguments.ts';
import { argument, call, none, number, place } from './call.ts';
import { ArgumentError, descriptor, size, text } from './check.ts';
import type { Code, Outcome } from './outcome.ts';

/** The target of a whole device-mapper device: a type such as `crypt` or `linear`, with that type's parameters. */
export interface MapperTarget {
	readonly type: string;
	/** The length in sectors of 512 bytes. */
	readonly lengthSectors: number;
	readonly parameters: string;
}

/** DM_NAME_LEN and DM_MAX_TYPE_NAME of linux/dm-ioctl.h, with the NUL byte. */
const longest = { name: 128, type: 16 } as const;

const controlFd = argument<[controlFd: number]>('controlFd', descriptor);
const loopFd = argument<[loopFd: number]>('loopFd', descriptor);
const fileFd = argument<[fileFd: number]>('fileFd', descriptor);
const name = place<[name: string]>('name', (_, name) => shortText('name', name));

export const blockDeviceCalls = {
	/** LOOP_CTL_GET_FREE of an open /dev/loop-control (`loop(4)`): returns the number of a device that has no file. */
	loopFree: call('ioctl', [controlFd], number),
	/** LOOP_CONFIGURE of an open loop device, with `LO_FLAGS_*`. EBUSY: it has a file already. */
	loopConfigure: call('ioctl', [loopFd, fileFd, flags], none),
	/** DM_DEV_CREATE on an open /dev/mapper/control: returns N of the new /dev/dm-N, without a table. EBUSY: the name exists. */
	dmCreate: call('ioctl', [controlFd, name], number),
	dmResume: call('ioctl', [controlFd, name], none),
	/** DM_DEV_REMOVE. With DM_DEFERRED_REMOVE a device in use is removed after its last user. */
	dmRemove: call('ioctl', [controlFd, name, flags], none),
	/** BLKRRPART of an open disk: reads its partition table again. EBUSY: a partition is in use. */
	rereadPartitions: call('ioctl', [fd], none),
};

/** Not in the table: the target is an object, which C++ receives as separate arguments. */
export interface MapperLoadCall {
	/** DM_TABLE_LOAD: takes effect with `dmResume`. */
	dmLoad(controlFd: number, name: string, target: MapperTarget): void;
}

export interface RawMapperLoadCall {
	dmLoad(controlFd: number, name: string, type: string, lengthSectors: number, parameters: string): Code;
}

export function mapperLoadCall(binding: RawMapperLoadCall, outcome: Outcome): MapperLoadCall {
	return {
		dmLoad(controlFd, name, { type, lengthSectors, parameters }) {
			const result = binding.dmLoad(
				descriptor('controlFd', controlFd),
				shortText('name', name),
				shortText('type', type),
				size('lengthSectors', lengthSectors),
				text('parameters', parameters),
			);
			outcome.of(result, { syscall: 'ioctl', path: name });
		},
	};
}

/** The kernel's fields have a fixed length: a longer name would become another one. */
function shortText(argument: 'name' | 'type', value: string): string {
	const room = longest[argument];
	if (Buffer.byteLength(text(argument, value)) < room) return value;
	throw new ArgumentError(argument, `shorter than ${room} bytes`, value);
}
