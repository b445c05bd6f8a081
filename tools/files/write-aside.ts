// A file that appears whole or not at all.

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type JoinSource, joinFiles } from './joined.ts';
import type { TemporaryPaths } from './temporary-paths.ts';

/** Files written aside; `commit` gives all of them their names, `discard` removes what has none yet. */
export interface AsideFiles {
	write(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
	/** Writes the contents of other files, one after the other. */
	join(path: string, sources: readonly JoinSource[]): Promise<void>;
	commit(): Promise<void>;
	discard(): Promise<void>;
}

export function asideFiles(temporary: TemporaryPaths): AsideFiles {
	const pending = new Map<string, string>();
	const asideOf = (path: string): string => {
		const aside = join(dirname(path), `.slipway-${randomUUID()}`);
		pending.set(path, aside);
		temporary.add(aside);
		return aside;
	};
	return {
		async write(path, content) {
			const bytes = Readable.from(content, { objectMode: false });
			await pipeline(bytes, createWriteStream(asideOf(path), { flags: 'wx' }));
		},
		join: async (path, sources) => await joinFiles(sources, asideOf(path)),
		async commit() {
			for (const [path, aside] of pending) {
				await rename(aside, path);
				temporary.delete(aside);
				pending.delete(path);
			}
		},
		async discard() {
			for (const aside of pending.values()) {
				await rm(aside, { force: true });
				temporary.delete(aside);
			}
			pending.clear();
		},
	};
}

/** Writes one file that appears whole or not at all. */
export async function writeFileAside(
	path: string,
	content: AsyncIterable<Uint8Array>,
	temporary: TemporaryPaths,
): Promise<void> {
	const files = asideFiles(temporary);
	try {
		await files.write(path, content);
		await files.commit();
	} finally {
		await files.discard();
	}
}
