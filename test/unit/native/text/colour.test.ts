import test from 'ava';
import { type ColourEnvironment, colourColumn, styled, wantsColour } from '../../../../native/text/colour.ts';

const wants = test.macro({
	exec(t, environment: ColourEnvironment, isTerminal: boolean, expected: boolean) {
		t.is(wantsColour(environment, isTerminal), expected);
	},
	title: (_, environment, isTerminal) =>
		`wantsColour() with ${JSON.stringify(environment)} on ${isTerminal ? 'a' : 'no'} terminal`,
});
test(wants, { TERM: 'linux' }, true, true);
test(wants, { TERM: 'linux' }, false, false);
test(wants, { TERM: 'dumb' }, true, false);
test(wants, {}, true, false);
test(wants, { TERM: 'xterm', NO_COLOR: '1' }, true, false);
test(wants, { TERM: 'xterm', NO_COLOR: '' }, true, true);
test(wants, { TERM: 'xterm', CLICOLOR: '0' }, true, false);
test(wants, { CLICOLOR_FORCE: '1' }, false, true);
test(wants, { CLICOLOR_FORCE: '0' }, false, false);
test(wants, { CLICOLOR_FORCE: '1', NO_COLOR: '1' }, true, false);

test('colourColumn() colours the words of its column only, and moves nothing', (t) => {
	const table = 'NAME   STATE    REASON\nready  failed   ready\nweb    ready\n';
	const text = colourColumn(table, 'STATE', (word) => (word === 'failed' ? 'bad' : null));
	t.is(text, `NAME   STATE    REASON\nready  ${styled('failed', 'bad')}   ready\nweb    ready\n`);
	t.is(
		colourColumn(table, 'AGE', () => 'bad'),
		table,
	);
});
