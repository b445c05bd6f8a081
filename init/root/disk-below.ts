// The disk below a device of the device mapper, as dm-verity is: the kernel announces the removal of the disk, not that of
// what lies above it (Documentation/ABI/testing/sysfs-block, `slaves`).

import { join } from 'node:path';
import { namesIn } from '../../native/linux/names-in.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';

/** More would be a loop, which the kernel does not make. */
const maxLayers = 8;

/**
 * Returns the numbers of the disk, or those that are given for a device that has none below it, or several.
 *
 * @param deviceNumbers - `MAJOR:MINOR`, as mountinfo has them
 */
export function diskBelow(deviceNumbers: string, sysfs = '/sys'): string {
	let numbers = deviceNumbers;
	for (let layer = 0; layer < maxLayers; layer++) {
		const folder = join(sysfs, 'dev/block', numbers, 'slaves');
		const [name, ...others] = namesIn(folder);
		if (name === undefined || others.length > 0) return numbers;
		const below = readTextOrEmpty(join(folder, name, 'dev')).trim();
		if (below === '') return numbers;
		numbers = below;
	}
	return numbers;
}
