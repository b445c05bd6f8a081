import { globSync, readFileSync } from 'node:fs';
import test from 'ava';
import { separateAlone } from '../../helpers/run-alone.ts';

test('separateAlone() keeps apart the files that say why they run alone, and keeps the order', (t) => {
	const texts: Readonly<Record<string, string>> = {
		c: "// Boots.\n// Runs alone: two processors.\n\nimport test from 'ava';\n",
		b: "import test from 'ava';\n",
		a: "test('// Runs alone: in a text', () => {});\n",
		d: '// Runs alone:\n',
	};
	const separated = separateAlone(['c', 'b', 'a', 'd'], (file) => texts[file] ?? '');
	t.deepEqual(separated, { alone: ['c'], together: ['b', 'a', 'd'] });
});

test('separateAlone() keeps apart each boot test whose machine has two processors', (t) => {
	const files = globSync('test/vm/*.test.ts');
	const several = files.filter((file) => /\bcpus: [2-9]|'-smp', '[2-9]'/.test(readFileSync(file, 'utf8')));
	t.true(several.length > 0);
	const { together } = separateAlone(files);
	t.deepEqual(
		several.filter((file) => together.includes(file)),
		[],
	);
});
