// `slipway doctor`: says what this machine lacks, and what to type.

import { jsonText } from '../../native/text/json-text.ts';
import { examine, examinedPrograms, type Finding } from '../doctor/examine.ts';
import { readHost } from '../doctor/read-host.ts';
import { UsageError } from '../errors.ts';
import { storeOption } from '../options/common-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Looks at this machine and says what works, what is missing for which purpose, and what to type: QEMU and KVM, the tools
that some commands call, the image store and its space, and the system packages. It changes nothing.`;

const notes = `The exit code is 1 when systems can't be built or can't be booted here, else 0.`;

const options = {
	json: { help: 'print one JSON object, for programs' },
	...storeOption,
} as const satisfies OptionTable;

export const doctorCommand: Command = {
	name: 'doctor',
	summary: 'say what this machine lacks, and what to type',
	operands: '',
	about,
	notes,
	options,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		if (positionals.length > 0) throw new UsageError(`doctor takes no ${positionals[0]}.`);
		const findings = examine(await readHost(values.cache, examinedPrograms));
		const isFit = findings.every(({ state }) => state !== 'missing');
		streams.out.write(values.json ? jsonText({ ok: isFit, findings }) : report(findings, isFit));
		return isFit ? 0 : 1;
	},
};

function report(findings: readonly Finding[], isFit: boolean): string {
	const width = Math.max(...findings.map(({ name }) => name.length));
	const indent = ' '.repeat('limited'.length + width + 4);
	const lines = findings.flatMap(({ name, state, text, advice }) => [
		`${state.padEnd('limited'.length)}  ${name.padEnd(width)}  ${text}`,
		...(advice === null ? [] : [`${indent}-> ${advice}`]),
	]);
	const missing = findings.filter(({ state }) => state === 'missing').map(({ name }) => name);
	const last = isFit
		? 'Systems can be built and booted here.'
		: `Systems can't be built and booted here yet: see ${missing.join(', ')}.`;
	return `${[...lines, '', last].join('\n')}\n`;
}
