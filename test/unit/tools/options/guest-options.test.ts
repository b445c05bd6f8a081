import test from 'ava';
import {
	commandOf,
	guestOptions,
	guestService,
	splitLeadingOptions,
	variableWords,
} from '../../../../tools/options/guest-options.ts';

const cases: readonly [args: string, own: string, rest: string][] = [
	['', '', ''],
	['list', '', 'list'],
	['-s web logs -f', '-s web', 'logs -f'],
	['--system=web logs -n 3', '--system=web', 'logs -n 3'],
	['-s web -- --help', '-s web', '--help'],
	['--unknown exec', '--unknown', 'exec'],
	['-', '', '-'],
];
for (const [args, own, rest] of cases) {
	test(`splitLeadingOptions() of "${args}"`, (t) => {
		const words = (text: string) => (text === '' ? [] : text.split(' '));
		t.deepEqual(splitLeadingOptions(words(args), guestOptions), { own: words(own), rest: words(rest) });
	});
}

test('guestService() takes one way to a machine', (t) => {
	t.throws(() => guestService({ system: 'web', host: 'ssh://root@host' }), { message: /exclude each other/ });
	t.throws(() => guestService({ system: undefined, host: 'host' }), { message: /--host host: expected ssh/ });
});

test('commandOf() drops one "--"', (t) => {
	t.deepEqual([['--', 'ls', '--'], ['ls', '--'], ['--', '--'], []].map(commandOf), [
		['ls', '--'],
		['ls', '--'],
		['--'],
		[],
	]);
});

test('variableWords() takes the value of a name alone from this environment, and leaves out one that is not set', (t) => {
	process.env['SLIPWAY_TEST_WORD'] = 'a=b';
	t.deepEqual(variableWords(['A=', 'B=x y', 'SLIPWAY_TEST_WORD', 'SLIPWAY_TEST_ABSENT']), [
		'--env=A=',
		'--env=B=x y',
		'--env=SLIPWAY_TEST_WORD=a=b',
	]);
	for (const text of ['', '=x']) t.throws(() => variableWords([text]), { message: /expected NAME=VALUE/ });
});
