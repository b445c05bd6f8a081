// Each package has a page of its own, README.md in its folder, and is named in the project's.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import test from 'ava';
import { problemsOf } from '../../helpers/config-problems.ts';

const names = globSync('pkg/*/build.yml')
	.map((file) => basename(dirname(file)))
	.sort();

for (const name of names) {
	test(`pkg/${name} has a page: what it does, and an example that is a valid system`, (t) => {
		const file = `pkg/${name}/README.md`;
		t.true(existsSync(file));
		const page = readFileSync(file, 'utf8');
		t.regex(page, new RegExp(`^# ${name}\n\n\\S`));
		const examples = [...page.matchAll(/^```yaml\n((?:.*\n)*?)```$/gm)].map((match) => match[1] ?? '');
		t.true(examples.length > 0);
		for (const example of examples) t.is(problemsOf(example), '');
		t.true(examples.some((example) => example.includes(`slipway/${name}:`)));
	});
}

test('README names every package, and none that is not there, in its table of packages', (t) => {
	const section = /^## Packages\n((?:(?!##).*\n)*)/m.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
	const rows = section.split('\n').filter((line) => /^\| (?!-|what for)/.test(line));
	const named = rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map((match) => match[1]));
	t.deepEqual(named.toSorted(), names);
});
