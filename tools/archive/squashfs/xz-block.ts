// Compresses and decompresses one block by the program `xz`, which Node has no code for. The kernel's decoder knows no other check
// than CRC32 (Documentation/staging/xz.rst), and takes dictionaries up to the size of the image's blocks.

import { execFile } from 'node:child_process';
import { hasCode } from '../../../native/linux/has-code.ts';
import { SlipwayError } from '../../errors.ts';
import { toolError } from '../../files/run-tool.ts';
import { DamagedSquashfs } from './superblock.ts';

/** The filter makes jumps of x86 alike. It takes 7% off programs, and costs nothing where there are none. */
const filters = (level: number, dictionaryBytes: number): readonly string[] => [
	'--x86',
	`--lzma2=preset=${level},dict=${dictionaryBytes}`,
];

export async function compressXz(
	block: Buffer,
	{ level, blockBytes }: { readonly level: number; readonly blockBytes: number },
): Promise<Buffer> {
	const args = ['-z', '-c', '-q', '-T1', '--check=crc32', ...filters(level, blockBytes)];
	// A block that can't be compressed grows by less than this.
	return await runXz(args, block, 2 * blockBytes + 4096);
}

/** Throws a `DamagedSquashfs`, also for more than `maxBytes`. */
export async function decompressXz(block: Buffer, maxBytes: number, what: string): Promise<Buffer> {
	try {
		return await runXz(['-d', '-c', '-q', '--format=xz'], block, maxBytes);
	} catch (error) {
		if (error instanceof SlipwayError && hasCode(error.cause, 'ENOENT')) throw error;
		throw new DamagedSquashfs(what, 'a block cannot be decompressed');
	}
}

function runXz(args: readonly string[], input: Buffer, maxBytes: number): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const env = { ...process.env, LC_ALL: 'C', XZ_DEFAULTS: undefined, XZ_OPT: undefined };
		const options = { encoding: 'buffer', maxBuffer: maxBytes, env } as const;
		const child = execFile('xz', args, options, (error, stdout, stderr) => {
			if (error === null) resolve(stdout);
			else if (error.code === 'ENOENT') reject(notInstalled('xz', 'xz-utils', error));
			else reject(toolError('xz', args, error, stderr.toString()));
		});
		// When `xz` ends early, the pipe breaks; its own words say why.
		child.stdin?.on('error', () => undefined).end(input);
	});
}

export function notInstalled(tool: string, debianPackage: string, cause: Error): SlipwayError {
	const message = `${tool} is not installed, which packs the root. Install the package ${debianPackage}, or build with --root unpacked.`;
	return new SlipwayError('TOOL_FAILED', message, { cause });
}
