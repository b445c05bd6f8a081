// Reads and writes the lock file, which has the digest of each image of a YAML file at the time of `slipway build
// --write-lock`. It is sorted JSON, so that a change of one image changes one line.

import { digestHex } from '../../supervisor/image/descriptor.ts';
import { readLockFile } from '../files/read-lock-file.ts';

/** Digests by canonical reference; the digest of the index if there is one. */
export type ImageLock = ReadonlyMap<string, string>;

const version = 1;

/** Returns `redis-os.lock` beside `redis-os.yml`; null for the standard input. */
export function lockFileOf(yaml: string): string | null {
	return yaml === '-' ? null : `${yaml.replace(/\.ya?ml$/, '')}.lock`;
}

/** Returns the contents of the lock file. */
export function lockText(lock: ImageLock): string {
	const images = Object.fromEntries([...lock].sort(([a], [b]) => (a < b ? -1 : 1)));
	return `${JSON.stringify({ version, images }, null, 2)}\n`;
}

/** Returns null when there is no such file. Throws a `SlipwayError` for one that can't be read or is not a lock file. */
export async function readLock(file: string): Promise<ImageLock | null> {
	return await readLockFile(file, parseLock, {
		kind: 'a lock file',
		writtenBy: '--write-lock',
	});
}

function parseLock(value: unknown): ImageLock {
	const file = value as { readonly version?: unknown; readonly images?: unknown } | null;
	if (file?.version !== version) throw new Error(`expected "version": ${version}`);
	const { images } = file;
	if (typeof images !== 'object' || images === null) throw new Error('expected "images"');
	return new Map(
		Object.entries(images).map(([reference, digest]) => {
			digestHex(String(digest));
			return [reference, String(digest)];
		}),
	);
}
