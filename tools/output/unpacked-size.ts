// The memory that a tree takes once the kernel has unpacked it: files in whole pages, holes filled. A path that occurs
// twice counts twice, which is rare and errs on the safe side.

import type { UnpackedSize } from '../../supervisor/contract/unpacking-files.ts';
import type { Entry } from '../archive/entry.ts';

const pageBytes = 4096;

export function sizeOfEntry(entry: Entry): UnpackedSize {
	if (entry.kind === 'hardlink') return { bytes: 0, entries: 0 };
	const bytes = entry.kind === 'file' ? Math.ceil(entry.sizeBytes / pageBytes) * pageBytes : 0;
	return { bytes, entries: 1 };
}

export function sumOfSizes(sizes: readonly UnpackedSize[]): UnpackedSize {
	return {
		bytes: sizes.reduce((sum, each) => sum + each.bytes, 0),
		entries: sizes.reduce((sum, each) => sum + each.entries, 0),
	};
}
