// Documents made to hang, to fill the memory or to flood the terminal: each is refused with its place, or read, in time.

import test from 'ava';
import { ConfigError } from '../../../../tools/config/config-error.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { labelSettings } from '../../../../tools/system/bundle/image-label.ts';

const times = (count: number, text: (index: number) => string): string =>
	Array.from({ length: count }, (_, index) => text(index)).join('');

/** The processor's time, since other tests run beside this one. Ten times what it takes. */
const maxSeconds = 10;
const maxErrorLength = 64 * 1024;

const held = test.macro({
	exec(t, _attack: string, text: string, expected: RegExp) {
		const before = process.cpuUsage();
		let message = '';
		try {
			loadConfig([{ name: 'a.yml', text }]);
		} catch (error) {
			if (!(error instanceof ConfigError)) throw error;
			message = error.message;
		}
		const { user, system } = process.cpuUsage(before);
		t.true((user + system) / 1e6 < maxSeconds, `${(user + system) / 1e6} s`);
		t.true(message.length < maxErrorLength, `${message.length} characters`);
		t.regex(message, expected);
	},
	title: (_, attack) => `loadConfig() of ${attack}`,
});

const service = 'services:\n- name: s\n  image: i\n';

/** Each map merges the one before it ten times. */
const mergeBomb = (levels: number): string =>
	`${times(levels, (n) => `  a${n}: &a${n} {${n === 0 ? 'k: v' : `<<: [${times(10, () => `*a${n - 1},`)}]`}}\n`)}`;

test(
	held,
	'merge keys of merge keys',
	`${service}  annotations:\n${mergeBomb(40)}`,
	/a\.yml:5:3: Unknown key/,
);
test(
	held,
	'merge keys of merge keys in a map that is known',
	`${service}  runtime:\n    bindNS:\n      <<: &z {<<: &y {<<: &x {net: a}}}\n`,
	/^$/,
);
test(
	held,
	'maps that merge each other, one deeper each',
	`${service}  sysctl:\n${times(5000, (n) => `    k${n}: &a${n} {${n === 0 ? 'k: v' : `<<: *a${n - 1}`}}\n`)}    <<: *a4999\n`,
	/"<<" leads through more than 100 maps/,
);
test(
	held,
	'a large map merged into itself over and over',
	`${service}  sysctl:\n    <<: [&a {${times(5000, (n) => `k${n}: v,`)}}, ${'*a,'.repeat(20_000)}]\n`,
	/a\.yml:5:\d+: Written out, the aliases and merge keys \(<<\) up to here are more than 16 MB/,
);
test(held, 'one anchor and 20,000 aliases', `${service}  command: [&a x${', *a'.repeat(20_000)}]\n`, /^$/);
test(
	held,
	'an alias of lists of aliases',
	`${service}  command: &a [${'x,'.repeat(5000)}]\n${times(2000, (n) => `- {name: s${n}, image: i, command: *a}\n`)}`,
	/a\.yml:\d+:\d+: Written out, the aliases/,
);
test(
	held,
	'aliases of a long text',
	`${service}  command: [&a ${'x'.repeat(1_000_000)}${', *a'.repeat(20_000)}]\n`,
	/a\.yml:4:\d+: Written out, the aliases/,
);
test(
	held,
	'lists inside lists',
	`init: ${'['.repeat(100_000)}\n`,
	/a\.yml:1:\d+: More than 200 lists and maps/,
);
test(
	held,
	'maps inside maps',
	`init: ${'{a: '.repeat(100_000)}\n`,
	/a\.yml:1:\d+: More than 200 lists and maps/,
);
test(held, 'dashes after dashes', `${'- '.repeat(100_000)}\n`, /a\.yml:1:\d+: More than 200 lists and maps/);
test(held, 'question marks', `${'? '.repeat(100_000)}\n`, /a\.yml:1:\d+: More than 200 lists and maps/);
test(
	held,
	'a bracket that is never closed, in a variable',
	`init: ["\${A:-${'['.repeat(100_000)}}"]`,
	/a\.yml:1:8/,
);
test(held, 'depth from a variable', `init:\n- \${A:-${'['.repeat(100_000)}}\n`, /a\.yml:2:3/);
test(held, 'closing brackets', ']'.repeat(50_000), /More than 100 errors of syntax/);
test(held, 'commas', `init: [${','.repeat(50_000)}]`, /a\.yml:1:9/);
test(held, 'anchors on nothing', `init: ${'&a '.repeat(40_000)}`, /a\.yml:1:\d+/);
test(
	held,
	'a text of 5 MB',
	`init: [a]\n#${'x'.repeat(5 * 2 ** 20)}`,
	/a\.yml:1:1: More than 4 MB of YAML\./,
);
test(held, 'a million lines', '\n'.repeat(1_000_000), /a\.yml:\d+:\d+: The text is too long/);
test(held, '10,000 keys', `${service}  sysctl: {${times(10_000, (n) => `k${n}: v,`)}}\n`, /^$/);
test(
	held,
	'a number of a million digits',
	`${service}  oomScoreAdj: ${'9'.repeat(1_000_000)}\n`,
	/a\.yml:4:16/,
);
test(
	held,
	'10,000 unknown keys',
	times(10_000, (n) => `k${n}: a\n`),
	/\n… and at least 450 more problems\.$/,
);
test(
	held,
	'60 unknown keys',
	times(60, (n) => `k${n}: a\n`),
	/\n… and 10 more problems\.$/,
);
test(held, 'a key of a megabyte', `? ${'k'.repeat(1_000_000)}\n: a\n`, /Unknown key "k+…/);
test(held, 'control characters', '\u0001'.repeat(1_000_000), /at least 450 more problems\.$/);
test(
	held,
	'services that wait for missing services',
	`services:\n${times(800, (n) => `- {name: s${n}, image: i, after: [${'nothing,'.repeat(20)}]}\n`)}`,
	/at least 450 more/,
);
test(
	held,
	'a long chain of services',
	`services:\n${times(3000, (n) => `- {name: s${n}, image: i, after: [s${(n + 1) % 3000}]}\n`)}`,
	/s0 -> s1 -> .*each waits for the next/,
);

test('ConfigError shows the part of a long line that its caret points to', (t) => {
	const error = t.throws(() => loadConfig([{ name: 'a.yml', text: `{"init": [${'"a", '.repeat(300)}7]}` }]), {
		instanceOf: ConfigError,
	});
	const [, excerpt = '', caret = ''] = error.message.split('\n');
	t.true(excerpt.length < 210);
	t.is(excerpt[caret.indexOf('^')], '7');
});

test('ConfigError has short messages for programs too', (t) => {
	const text = `? ${'k'.repeat(1_000_000)}\n: a\n`;
	const { problems } = t.throws(() => loadConfig([{ name: 'a.yml', text }]), { instanceOf: ConfigError });
	t.deepEqual(
		problems.map(({ message }) => message.length),
		[1000],
	);
});

test('labelSettings() of merge keys of merge keys names the image', (t) => {
	const label = `sysctl:\n${mergeBomb(40)}`;
	const error = t.throws(() => labelSettings({ 'org.mobyproject.config': label }, 'evil:1'), {
		instanceOf: ConfigError,
	});
	t.regex(error.message, /^label org\.mobyproject\.config of evil:1:\d+:\d+: /);
});
