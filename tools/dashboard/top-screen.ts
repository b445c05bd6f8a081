// The screen of `slipway top`: what the services of a machine use. Pure.

import { colourColumn } from '../../native/text/colour.ts';
import { printable } from '../../native/text/printable.ts';
import { stateStyle } from '../../supervisor/contract/state-styles.ts';
import { type UsageSample, usageHeadings, usageRows } from '../../supervisor/contract/usage-table.ts';
import { textTable } from '../terminal/text-table.ts';

export interface Screen {
	readonly rows: number;
	readonly columns: number;
	readonly wantsColour: boolean;
}

/**
 * Returns lines with line ends, no more and no longer than the screen.
 *
 * @param before - an earlier sample, from which the use of processors follows; null for none
 */
export function topScreen(
	machine: string,
	before: UsageSample | null,
	now: UsageSample,
	{ rows, columns, wantsColour }: Screen,
): string {
	const { services } = now.stats;
	const ready = services.filter((service) => service.ready).length;
	const head = `${machine}: ${ready} of ${services.length} services ready`;
	// The guest chooses names.
	const table = textTable([[...usageHeadings], ...usageRows(before, now)]);
	const lines = [printable(head), '', ...table.trimEnd().split('\n')].slice(0, Math.max(rows, 3));
	const cut = lines.map((line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line));
	const shown = wantsColour
		? [...cut.slice(0, 2), colourColumn(cut.slice(2).join('\n'), 'STATE', stateStyle)]
		: cut;
	return `${shown.join('\n')}\n`;
}
