// Measures which pages of the programs of every boot are touched until Redis' port is open, and writes
// tools/output/start-page-lists.ts, by which `slipway build` packs them (tools/output/pack-start-pages.ts). To be run when one of
// these programs has a new version: its list is of no use then, and a boot takes some 0.5 s longer in the clock of `boot-instructions`.
//
//	node test/campaigns/start-pages/run.ts
//
// The system of `make bench` boots from an image with blocks of one page, of which the kernel reads nothing ahead; its trace
// point mm_filemap_add_to_page_cache names each page that is touched. Two starts of containerd differ by some pages: the lists have
// those of three boots.

import { writeFileSync } from 'node:fs';
import { codeDigest, findCode, pageBytes } from '../../../tools/elf/pack-pages.ts';
import { startQemu } from '../../../tools/machine/machine.ts';
import { stoppingOnSignals } from '../../../tools/machine/machine-end.ts';
import { findSystem } from '../../../tools/machine/system-files.ts';
import { formatRuns, type StartPages } from '../../../tools/output/start-pages.ts';
import { countingMachine } from '../bench/instruction-figures.ts';
import { portOpenSeconds } from '../bench/milestones.ts';
import { watchConsole } from '../bench/watch-console.ts';
import { runsOf } from './page-runs.ts';
import { buildPagedSystem, type PagedProgram } from './paged-system.ts';

const output = 'tools/output/start-page-lists.ts';

/** runc is left out: the mappings cost more than the blocks, because a container starts and forks it many times. */
const paths = ['init', 'usr/bin/containerd', 'usr/bin/containerd-shim-runc-v2'];

/** An image of small blocks is larger. */
const memoryMegabytes = 2048;

const boots = [
	{ cpu: 'max', words: '' },
	{ cpu: 'max,-erms,-fsrm', words: '' },
	{ cpu: 'max', words: 'slipway.runtime=builtin' },
];

/** In place of the trace of `countingMachine`: the kernel takes the last one. */
const trace = 'trace_event=filemap:mm_filemap_add_to_page_cache,sock:inet_sock_set_state';

async function consoleOf(name: string, { cpu, words }: (typeof boots)[number]): Promise<string> {
	const append = `${trace} ${words}`;
	const machine = await startQemu((place) =>
		countingMachine(findSystem(name), place, { cpu, append, memoryMegabytes }),
	);
	const console = watchConsole(machine);
	return await stoppingOnSignals(machine, async () => {
		await console.until("Redis' open port", (text) => portOpenSeconds(text) !== null);
		return console.text();
	});
}

/** Returns the numbers of the pages of each file of the image, by its inode. */
function touchedPages(consoles: readonly string[]): ReadonlyMap<number, ReadonlySet<number>> {
	const touched = new Map<number, Set<number>>();
	for (const console of consoles)
		for (const [, inode = '', offset] of console.matchAll(
			/add_to_page_cache: dev 7:0 ino ([0-9a-f]+) pfn=\S+ ofs=(\d+)/g,
		)) {
			const pages = touched.get(parseInt(inode, 16)) ?? new Set();
			touched.set(parseInt(inode, 16), pages.add(Number(offset) / pageBytes));
		}
	return touched;
}

function listOf(path: string, { bytes }: PagedProgram, touched: Iterable<number>): StartPages {
	const code = findCode(bytes);
	if (code === null) throw new Error(`/${path} can't be packed.`);
	const pages = formatRuns(runsOf(bytes, touched));
	return { program: `/${path}`, code: codeDigest(bytes, code), codeBytes: code.sizeBytes, pages };
}

function sourceOf(lists: readonly StartPages[]): string {
	const fields = (list: StartPages): string =>
		Object.entries(list)
			.map(([name, value]) => `\t\t${name}: ${typeof value === 'number' ? value : `'${value}'`},\n`)
			.join('')
			.replace("pages: '", "pages:\n\t\t\t'");
	return `// Written by \`node test/campaigns/start-pages/run.ts\`.

import type { StartPages } from './start-pages.ts';

export const startPageLists: readonly StartPages[] = [
${lists.map((list) => `\t{\n${fields(list)}\t},\n`).join('')}];
`;
}

const system = await buildPagedSystem();
const consoles: string[] = [];
for (const boot of boots) consoles.push(await consoleOf(system.name, boot));
const touched = touchedPages(consoles);
const lists: StartPages[] = [];
for (const path of paths) {
	const program = await system.program(path);
	const pages = touched.get(program.inode) ?? new Set();
	lists.push(listOf(path, program, pages));
	console.log(`/${path}: ${pages.size} of ${Math.ceil(program.bytes.length / pageBytes)} pages.`);
}
writeFileSync(output, sourceOf(lists));
