// docs/security.md names the tests that show what it says: each of them is there.

import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';

const document = readFileSync('docs/security.md', 'utf8');
const named = [...document.matchAll(/`(test\/[^`]+)` "([^"]+)"/g)].map(([, file = '', title = '']) => ({
	file,
	title,
}));

/** Reports whether a text of the source, in quotes of any kind, is the title; `…` stands for any part of it. */
function hasTitle(source: string, title: string): boolean {
	const pattern = title
		.split('…')
		.map((part) => RegExp.escape(part))
		.join('.{1,100}');
	return new RegExp(`(['"\`])${pattern}\\1`).test(source.replaceAll("\\'", "'"));
}

test('the threat model of docs/security.md names tests for each party', (t) => {
	const [, model = ''] = /## Threat model\n([\s\S]*?)\n## /.exec(document) ?? [];
	const [overview = '', ...sections] = model.split('\n### ');
	const parties = [...overview.matchAll(/^\| ([^|]*[^ |]) +\|/gm)].map(([, party]) => party).slice(2);
	const headings = sections.map((section) => section.split('\n', 1)[0]?.toLowerCase());
	t.deepEqual(
		headings,
		parties.map((party) => party?.toLowerCase()),
	);
	t.is(parties.length, 6);
	for (const section of sections) {
		const rows = section
			.split('\n')
			.filter((line) => line.startsWith('| '))
			.slice(2);
		t.true(rows.length >= 3, section);
		for (const row of rows) t.regex(row, /`test\/[^`]+\.test\.ts` "[^"]+" +\|$/);
	}
});

for (const { file, title } of named) {
	test(`docs/security.md: ${file} has the test "${title}"`, (t) => {
		t.true(hasTitle(readFileSync(file, 'utf8'), title));
	});
}

test('every test file or directory of docs/security.md exists', (t) => {
	const paths = [...document.matchAll(/`(test\/[^`\s]+)`/g)].map(([, path = '']) => path);
	t.true(paths.length > named.length);
	t.deepEqual(
		paths.filter((path) => !existsSync(path)),
		[],
	);
});

test('hasTitle() finds a title in quotes alone', (t) => {
	t.true(hasTitle("test('a b', …)", 'a b'));
	t.true(hasTitle('test(`a ${x} b`, …)', 'a … b'));
	t.true(hasTitle("test('it\\'s', …)", "it's"));
	t.false(hasTitle('// a b', 'a b'));
	t.false(hasTitle("test('a b c', …)", 'a b'));
});
