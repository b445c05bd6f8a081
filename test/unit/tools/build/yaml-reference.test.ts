import { readFileSync } from 'node:fs';
import test from 'ava';
import { yamlReference } from '../../../../tools/build/yaml-reference.ts';

test('docs/yaml.md is up to date; otherwise run "node tools/build/yaml-reference.ts"', (t) => {
	t.is(readFileSync('docs/yaml.md', 'utf8'), yamlReference());
});
