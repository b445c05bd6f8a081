// Files one after the other: an initrd may be any number of archives in a row.

import { type FileHandle, open } from 'node:fs/promises';

/** Larger ones copy no faster, and a pipeline's many would be most of the memory of a build from kept segments. */
const bufferBytes = 1024 * 1024;

/** Writes a new file; nothing is held but one buffer. */
export async function joinFiles(sources: readonly string[], target: string): Promise<void> {
	const buffer = Buffer.allocUnsafe(bufferBytes);
	const output = await open(target, 'wx');
	try {
		for (const source of sources) {
			const input = await open(source, 'r');
			try {
				await append(input, output, buffer);
			} finally {
				await input.close();
			}
		}
	} finally {
		await output.close();
	}
}

async function append(input: FileHandle, output: FileHandle, buffer: Buffer): Promise<void> {
	for (;;) {
		const { bytesRead } = await input.read(buffer, 0, buffer.length, null);
		if (bytesRead === 0) return;
		// write(2) may take less than it is given.
		for (let written = 0; written < bytesRead; ) {
			written += (await output.write(buffer, written, bytesRead - written)).bytesWritten;
		}
	}
}
