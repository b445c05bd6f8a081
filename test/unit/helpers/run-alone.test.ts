import test from 'ava';
import { separateAlone } from '../../helpers/run-alone.ts';

test('separateAlone() keeps apart the files that say why they run alone, and keeps the order', (t) => {
	const texts: Readonly<Record<string, string>> = {
		c: "// Boots.\n// Runs alone: two processors.\n\nimport test from 'ava';\n",
		b: "import test from 'ava';\n",
		a: "test('// Runs alone: in a text', () => {});\n",
		d: '// Runs alone:\n',
	};
	const separated = separateAlone(['c', 'b', 'a', 'd'], undefined, (file) => texts[file] ?? '');
	t.deepEqual(separated, { alone: ['c'], together: ['b', 'a', 'd'] });
});

test('separateAlone() runs only the light files at once, in their order, where a suite names them', (t) => {
	t.deepEqual(
		separateAlone(['a', 'b', 'c'], ['c', 'gone', 'a'], () => ''),
		{ alone: ['b'], together: ['c', 'a'] },
	);
});
