// Finds the Node that builds, tests and boots, and checks it against the hash in node.sha256. The file is sha256sum's: the
// Makefile checks it by that tool, before this Node runs for the first time.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { hostProcessor } from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';
import { fileDigest } from '../files/file-digest.ts';

const hashFile = join(import.meta.dirname, 'node.sha256');

/** Returns the path of the pinned Node. */
export function nodePath(): string {
	const manifest = createRequire(import.meta.url).resolve(`${hostProcessor.nodePackage}/package.json`);
	return join(dirname(manifest), 'bin', 'node');
}

/**
 * Returns the SHA-256 of the binary as 64 hexadecimal digits. Throws `DIGEST_MISMATCH` when it is not the recorded one.
 *
 * @param recorded - a file of sha256sum(1) with one line
 */
export async function checkedNodeDigest(node = nodePath(), recorded = hashFile): Promise<string> {
	const [expected = ''] = (await readFile(recorded, 'utf8')).split(' ');
	const found = await fileDigest(node);
	if (found === expected) return found;
	throw new SlipwayError(
		'DIGEST_MISMATCH',
		`${node} has the SHA-256 ${found}, and ${recorded} expects ${expected}. Nothing is built with it. ` +
			'If you did not change the version of Node, remove node_modules and run "make" again. ' +
			'If you did, see "Dependencies" in CONTRIBUTING.md.',
	);
}
