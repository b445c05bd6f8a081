// Files that people wrote who tried slipway for the first time (trials/), and what they read: trials/answers.json has the problems
// of each as LINE:COLUMN: MESSAGE. A file without problems has none there.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ConfigError } from '../../../../tools/config/config-error.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';

const folder = join(import.meta.dirname, 'trials');
const answers: Readonly<Record<string, readonly string[]>> = JSON.parse(
	readFileSync(join(folder, 'answers.json'), 'utf8'),
);

test('every trial has an answer, and every answer a trial', (t) => {
	const files = readdirSync(folder).filter((name) => name.endsWith('.yml'));
	t.deepEqual(Object.keys(answers).toSorted(), files.toSorted());
});

for (const [name, expected] of Object.entries(answers)) {
	test(`loadConfig() answers the trial ${name}`, (t) => {
		t.deepEqual(problemsOf(name), expected);
	});
}

test('a trial that is wrong shows its line with a caret', (t) => {
	for (const [name, expected] of Object.entries(answers)) {
		const text = readFileSync(join(folder, name), 'utf8');
		if (expected.length === 0 || text === '') continue;
		const error = t.throws(() => loadConfig([{ name, text }]), { instanceOf: ConfigError });
		t.regex(error.message, /^\S+:\d+:\d+: .+\n {2}.+\n\s*\^/, name);
	}
});

function problemsOf(name: string): readonly string[] {
	try {
		loadConfig([{ name, text: readFileSync(join(folder, name), 'utf8') }]);
		return [];
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		return error.problems.map(({ at, message }) => `${at.line}:${at.column}: ${message}`);
	}
}
