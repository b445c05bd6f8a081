// Reads a JSON file of an archive that is imported. The file is small and lies inside the archive.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { splitTreePath } from '../../supervisor/image/tree-path.ts';
import { SlipwayError } from '../errors.ts';

const maxBytes = 4 * 1024 * 1024;

/**
 * Returns the parsed value. Throws when there is no such file, when it is too large, or when it is not JSON.
 *
 * @param what - names the archive in errors
 */
export async function readJsonFile(folder: string, name: string, what: string): Promise<unknown> {
	const path = join(folder, ...splitTreePath(name, what));
	const info = await stat(path).catch(() => null);
	if (info === null || !info.isFile()) throw bad(what, `lacks the file ${name}`);
	if (info.size > maxBytes) throw bad(what, `has a ${name} that is too large for JSON (${info.size} bytes)`);
	try {
		return JSON.parse(await readFile(path, 'utf8')) as unknown;
	} catch (cause) {
		throw new SlipwayError('BAD_IMAGE', `${what} has a ${name} that is not JSON.`, { cause });
	}
}

function bad(what: string, why: string): SlipwayError {
	return new SlipwayError('BAD_IMAGE', `${what} ${why}.`);
}
