// The option about the checks of a system by its images, which `slipway build` and `slipway validate --images` have.

import { checks } from '../check/finding.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const lines = Object.entries(checks).map(([name, about]) => `${name.padEnd(14)}  ${about}`);

export const acceptOption = {
	accept: {
		choices: Object.keys(checks),
		value: 'CHECK',
		isRepeatable: true,
		group: 'Checks',
		help: `say nothing about what this check finds, and build in spite of it\n${lines.join('\n')}`,
	},
} as const satisfies OptionTable;
