// A JSON file of an archive that is being imported: small, and one of the archive's own.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../commands/command.ts';
import { splitTreePath } from '../rootfs/tree-path.ts';

const maxBytes = 4 * 1024 * 1024;

export async function readJsonFile(folder: string, name: string): Promise<unknown> {
	const path = join(folder, ...splitTreePath(name, folder));
	const info = await stat(path).catch(() => null);
	if (info === null || !info.isFile()) throw bad(path, 'is not there');
	if (info.size > maxBytes) throw bad(path, `is too large for JSON (${info.size} bytes)`);
	try {
		return JSON.parse(await readFile(path, 'utf8')) as unknown;
	} catch (cause) {
		throw new SlipwayError('BAD_IMAGE', `${path} is not JSON.`, { cause });
	}
}

function bad(path: string, why: string): SlipwayError {
	return new SlipwayError('BAD_IMAGE', `${path} ${why}.`);
}
