import { readFileSync } from 'node:fs';
import test from 'ava';
import { commandReference } from '../../../../tools/build/command-reference.ts';
import { commands } from '../../../../tools/cli.ts';

test('docs/commands.md is up to date; otherwise run "node tools/build/command-reference.ts"', (t) => {
	t.is(readFileSync('docs/commands.md', 'utf8'), commandReference());
});

test('commandReference() has a section for every command, with every option', (t) => {
	const [, ...sections] = commandReference().split(/^## slipway /m);
	t.deepEqual(
		sections.map((section) => section.split('\n')[0]),
		commands.map(({ name }) => name),
	);
	for (const [index, { options }] of commands.entries()) {
		for (const name of Object.keys(options)) {
			t.regex(sections[index] ?? '', new RegExp(`^- \`(?:-\\w, )?--${name}\\b`, 'm'));
		}
	}
});
