import test from 'ava';
import type { Command } from '../../../../tools/terminal/command.ts';
import { helpText } from '../../../../tools/terminal/help-text.ts';
import type { OptionTable } from '../../../../tools/terminal/option-table.ts';

const command = (options: OptionTable): Command => ({
	name: 'pkg bake',
	summary: 'bake packages',
	operands: 'DIR...',
	about: 'Bakes packages.',
	options,
	notes: 'Needs an oven.',
	run: async () => 0,
});

test('helpText() aligns the options, breaks long lines and adds what follows from the table', (t) => {
	const text = helpText(
		command({
			heat: { value: 'DEGREES', default: '180', help: 'how hot' },
			kind: {
				choices: ['bread', 'cake'],
				isRepeatable: true,
				help: `what to bake\n${'bread '.repeat(20).trim()}`,
			},
			'a-quite-long-name': { value: 'LONG-VALUE', bareValue: '*', help: 'has a line of its own' },
		}),
	);
	t.is(
		text,
		`Usage: slipway pkg bake [options] DIR...

Bakes packages.

Options:
  --heat DEGREES     how hot (default: 180)
  --kind bread|cake  what to bake (may be repeated)
                     bread bread bread bread bread bread bread bread bread bread bread bread bread bread bread bread
                     bread bread bread bread
  --a-quite-long-name[=LONG-VALUE]
                     has a line of its own
  -h, --help         print this text

Needs an oven.
`,
	);
});

test('helpText() shows groups only when there are many options', (t) => {
	const grouped = (count: number) =>
		helpText(
			command(
				Object.fromEntries(
					Array.from({ length: count }, (_, index) => [
						`o${index}`,
						{ group: `Group ${index % 2}`, help: 'x' },
					]),
				),
			),
		);
	t.regex(grouped(7), /^Options:$/m);
	t.notRegex(grouped(7), /^Group/m);
	t.regex(grouped(8), /^Group 0:\n {2}--o0 +x\n {2}--o2 /m);
	t.regex(grouped(8), /^Other options:\n {2}-h, --help /m);
});
