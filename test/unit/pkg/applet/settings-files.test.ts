import test from 'ava';
import { parseSettings, readSettings } from '../../../../pkg/applet/settings-files.ts';
import { projectFolder } from '../../tools/package/made-up-debian.ts';

const reads = test.macro({
	exec(t, text: string, settings: readonly string[], problems: readonly string[]) {
		const read = parseSettings('a.conf', text);
		t.deepEqual(
			read.settings.map(({ key, value, place }) => `${place} ${key}|${value}`),
			settings,
		);
		t.deepEqual(read.problems, problems);
	},
	title: (what) => `parseSettings() reads ${what}`,
});

test(
	'keys and values, without the blanks around them',
	reads,
	'a.b=1\n  c/d =  2 3\t\n',
	['a.conf:1 a.b|1', 'a.conf:2 c/d|2 3'],
	[],
);
test('comments and empty lines as nothing', reads, '# a=1\n ; b=2\n\n   \nc=3 # 4', ['a.conf:5 c|3 # 4'], []);
test('a value with "="', reads, 'core=|/bin/x a=b', ['a.conf:1 core||/bin/x a=b'], []);
test('a value that is empty', reads, 'core =', ['a.conf:1 core|'], []);
test(
	'what is no setting, with its place',
	reads,
	'a=1\nnonsense\n= 3',
	['a.conf:1 a|1'],
	['a.conf:2: "nonsense" is not KEY = VALUE.', 'a.conf:3: "= 3" is not KEY = VALUE.'],
);

test('readSettings() takes the files in the order of their names', (t) => {
	const folder = projectFolder(t, { '10-b': 'x=2', '9-a.conf': 'x=3', '00-first.conf': 'x=1' });
	t.deepEqual(
		readSettings(folder).settings.map(({ value }) => value),
		['1', '2', '3'],
	);
});

test('readSettings() names the folder that is not there, and what in it is no file', (t) => {
	t.throws(() => readSettings('/nowhere'), {
		name: 'AppletError',
		message: /^the folder \/nowhere can't be read: ENOENT/,
	});
	const folder = projectFolder(t, { 'below/a.conf': '' });
	t.throws(() => readSettings(folder), { name: 'AppletError', message: /below can't be read: EISDIR/ });
});
