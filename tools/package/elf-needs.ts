// The loader and libraries that an ELF program or library needs (elf(5), ld.so(8)), as readelf(1) prints them.

import { closeSync, openSync, readSync } from 'node:fs';
import { runTool } from '../files/run-tool.ts';

interface ElfNeeds {
	/** The names of DT_NEEDED. */
	readonly libraries: readonly string[];
	/** The dynamic loader, an absolute path; null for libraries. */
	readonly interpreter: string | null;
	/** DT_RUNPATH or DT_RPATH, as written: `$ORIGIN` stands for the file's own directory. */
	readonly searchFolders: readonly string[];
}

/** Returns null for a file that is not ELF. A static program needs nothing. */
export async function elfNeeds(path: string): Promise<ElfNeeds | null> {
	if (!isElf(path)) return null;
	const output = await runTool('readelf', ['--wide', '--dynamic', '--program-headers', path]);
	return {
		libraries: [...output.matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g)].map(
			(match) => match[1] ?? '',
		),
		interpreter: /Requesting program interpreter: ([^\]]+)\]/.exec(output)?.[1] ?? null,
		searchFolders: (/\(R(?:UN)?PATH\)\s+Library r(?:un)?path: \[([^\]]*)\]/.exec(output)?.[1] ?? '')
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
