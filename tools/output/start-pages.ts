// The pages that a program touches until a boot is over, as `node test/campaigns/start-pages/run.ts` measures them. A list is for one
// version of a program, which its code tells. Of any other version no pages are packed, and nothing else changes.

import { type PageRun, type ProgramCode, pageBytes } from '../elf/pack-pages.ts';

export interface StartPages {
	/** Its path, for people. */
	readonly program: string;
	/** SHA-256 of the code. */
	readonly code: string;
	readonly codeBytes: number;
	/** Runs of pages in their order, each as `SKIPPED+PAGES`: the pages between the run before and this one, and its own. */
	readonly pages: string;
}

/** Reports whether a program with code of this size is worth reading as a whole. */
export function mayHaveList(code: ProgramCode, lists: readonly StartPages[]): boolean {
	return lists.some(({ codeBytes }) => codeBytes === code.sizeBytes);
}

export function parseRuns(text: string): PageRun[] {
	let page = 0;
	return text.split(' ').map((run): PageRun => {
		const [skipped = 0, pages = 0] = run.split('+').map(Number);
		const address = (page + skipped) * pageBytes;
		page += skipped + pages;
		return { address, pages };
	});
}

/** @param runs - in the order of their addresses */
export function formatRuns(runs: readonly PageRun[]): string {
	let end = 0;
	return runs
		.map(({ address, pages }) => {
			const first = address / pageBytes;
			const text = `${first - end}+${pages}`;
			end = first + pages;
			return text;
		})
		.join(' ');
}
