import test from 'ava';
import {
	commandOf,
	guestOptions,
	guestService,
	splitLeadingOptions,
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
