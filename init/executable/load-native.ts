// Writes the addon from the executable to a file that the dynamic loader can map, and loads it.
//
// In the guest the addon is an asset of the executable (Node's manual, "Single executable applications"). It is written
// once, to /lib/slipway or, when the root is read-only (an ISO, a disk), to the first writable place. A file that exists
// already is from this boot, or came with the image.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';
import { replaceFile } from '../../native/linux/replace-file.ts';
import type { Native } from '../../native/native.ts';
import { openNative } from '../../native/open.ts';
import { ownFiles } from '../../supervisor/contract/layout.ts';

/** On a root that is no initramfs, /dev is the kernel's own devtmpfs. All places but the first may be noexec. */
const places = [ownFiles.libraries, '/dev', '/run', '/tmp'];

export function loadNative(): Native {
	if (!isSea()) return openNative(process.env['SLIPWAY_ADDON'] ?? resolve('build/native.node'));
	const failures: unknown[] = [];
	for (const place of places) {
		try {
			return openNative(placeAddon(`${place}/native.node`));
		} catch (error) {
			failures.push(error);
		}
	}
	throw new AggregateError(failures, `The addon could not be loaded from any of ${places.join(', ')}.`);
}

/** Renames a complete file into place, so that a crash leaves no broken one. */
function placeAddon(path: string): string {
	if (existsSync(path)) return path;
	replaceFile(path, new Uint8Array(getRawAsset('native.node')), 0o755);
	return path;
}
