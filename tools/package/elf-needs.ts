// What an ELF program or library needs to be loaded (elf(5), ld.so(8)), told by readelf(1).

import { closeSync, openSync, readSync } from 'node:fs';
import { runTool } from '../files/run-tool.ts';

export interface ElfNeeds {
	/** DT_NEEDED, as written. */
	readonly libraries: readonly string[];
	/** The dynamic loader, an absolute path; null for libraries. */
	readonly interpreter: string | null;
	/** DT_RUNPATH or DT_RPATH, as written: `$ORIGIN` stands for the file's own folder. */
	readonly searchFolders: readonly string[];
}

/** Null for what is not ELF; a static program needs nothing. */
export async function elfNeeds(path: string): Promise<ElfNeeds | null> {
	if (!isElf(path)) return null;
	const told = await runTool('readelf', ['--wide', '--dynamic', '--program-headers', path]);
	return {
		libraries: [...told.matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g)].map(
			(match) => match[1] ?? '',
		),
		interpreter: /Requesting program interpreter: ([^\]]+)\]/.exec(told)?.[1] ?? null,
		searchFolders: (/\(R(?:UN)?PATH\)\s+Library r(?:un)?path: \[([^\]]*)\]/.exec(told)?.[1] ?? '')
			.split(':')
			.filter((folder) => folder !== ''),
	};
}

function isElf(path: string): boolean {
	const file = openSync(path, 'r');
	try {
		const magic = Buffer.alloc(4);
		readSync(file, magic, 0, 4, 0);
		return magic.equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46]));
	} finally {
		closeSync(file);
	}
}
