// Disks that are no hardware, and what a disk is asked.

import type { Binding } from './binding.ts';
import { ArgumentError, descriptor, int, size, text } from './check.ts';
import type { Native } from './native.ts';
import type { Outcome } from './outcome.ts';

type BlockDeviceCalls = Pick<
	Native,
	'loopFree' | 'loopConfigure' | 'dmCreate' | 'dmLoad' | 'dmResume' | 'dmRemove' | 'rereadPartitions'
>;

/** DM_NAME_LEN and DM_MAX_TYPE_NAME of linux/dm-ioctl.h, with the NUL byte. */
const longest = { name: 128, type: 16 } as const;

export function blockDeviceCalls(binding: Binding, outcome: Outcome): BlockDeviceCalls {
	return {
		loopFree(controlFd) {
			return outcome.of(binding.loopFree(descriptor('controlFd', controlFd)), { syscall: 'ioctl' });
		},
		loopConfigure(loopFd, fileFd, flags) {
			const result = binding.loopConfigure(
				descriptor('loopFd', loopFd),
				descriptor('fileFd', fileFd),
				int('flags', flags),
			);
			outcome.of(result, { syscall: 'ioctl' });
		},
		dmCreate(controlFd, name) {
			const result = binding.dmCreate(descriptor('controlFd', controlFd), shortText('name', name));
			return outcome.of(result, { syscall: 'ioctl', path: name });
		},
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
		dmResume(controlFd, name) {
			const result = binding.dmResume(descriptor('controlFd', controlFd), shortText('name', name));
			outcome.of(result, { syscall: 'ioctl', path: name });
		},
		dmRemove(controlFd, name, flags) {
			const result = binding.dmRemove(
				descriptor('controlFd', controlFd),
				shortText('name', name),
				int('flags', flags),
			);
			outcome.of(result, { syscall: 'ioctl', path: name });
		},
		rereadPartitions(fd) {
			outcome.of(binding.rereadPartitions(descriptor('fd', fd)), { syscall: 'ioctl' });
		},
	};
}

/** The kernel's fields are of a fixed length: a longer name would become another one. */
function shortText(argument: 'name' | 'type', value: string): string {
	const room = longest[argument];
	if (Buffer.byteLength(text(argument, value)) < room) return value;
	throw new ArgumentError(argument, `shorter than ${room} bytes`, value);
}
