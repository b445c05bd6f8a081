import { readFileSync } from 'node:fs';
import test from 'ava';
import { configText } from '../../../../tools/config/config-text.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';

const folder = 'test/golden/cases/files';
const config = loadConfig([{ name: 'a.yml', text: readFileSync(`${folder}/service.yml`, 'utf8') }]);

/** The size that LinuxKit's own file has, of which only the list of the tree is kept. */
function goldenSize(path: string): number {
	const line = readFileSync(`${folder}/tree.txt`, 'utf8')
		.split('\n')
		.find((each) => each.includes(` ${path} `));
	return Number(line?.trim().split(/\s+/)[2]);
}

test("configText() as YAML has the size of LinuxKit's", (t) => {
	t.is(configText(config, 'yaml').length, goldenSize('etc/linuxkit.yml'));
});

test("configText() as JSON has the size of LinuxKit's", (t) => {
	// LinuxKit has `null` for the four lists that are not there, which no reader takes back.
	t.is(configText(config, 'json').length, goldenSize('etc/linuxkit.json') - 4 * 'll'.length);
});

for (const format of ['json', 'yaml'] as const) {
	test(`configText() as ${format} is a configuration with the same meaning`, (t) => {
		const text = configText(config, format);
		t.is(configText(loadConfig([{ name: 'b.yml', text }]), format), text);
	});
}

test('configText() keeps the types of texts and all digits of a number', (t) => {
	const words = [
		'yes',
		'on',
		'0o17',
		'08',
		'1_0',
		'~',
		'<<',
		'1e3',
		'2017-04-18',
		'a\nb\n',
		' x',
		'#',
		'@pkg',
	];
	const text = JSON.stringify({
		services: [{ name: 'a', image: 'i', env: words, resources: { memory: { limit: 'LIMIT' } } }],
	}).replace('"LIMIT"', '9223372036854775807');
	const given = loadConfig([{ name: 'a.yml', text }]);
	for (const format of ['json', 'yaml'] as const) {
		const again = loadConfig([{ name: 'b.yml', text: configText(given, format) }]);
		t.deepEqual(again.services[0]?.env, words, format);
		t.deepEqual(again.services[0]?.resources?.memory, { limit: 2n ** 63n - 1n }, format);
	}
});

/** Returns numbers from 0 to below 1, the same ones in each run (the generator mulberry32). */
function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const pieces = [
	...[
		'a',
		' ',
		'\n',
		'\n\n',
		'\t',
		'\r',
		'\r\n',
		'<<',
		'#',
		' #',
		':',
		': ',
		'- ',
		'?',
		',',
		'[',
		']',
		'{',
		'}',
	],
	...[
		'"',
		"'",
		'\\',
		'%',
		'@',
		'`',
		'!',
		'&a',
		'*a',
		'|',
		'>',
		'~',
		'---',
		'...',
		'yes',
		'null',
		'0x1f',
		'1e3',
	],
	...[
		'\u0001',
		'\u007f',
		'\u0085',
		'\u00a0',
		'\u00ad',
		'\u200b',
		'\u2028',
		'\u2029',
		'\ufeff',
		'\ufffe',
		'\uffff',
	],
	...['\ue000', 'é', '€', '\u{1f600}', 'word '.repeat(20)],
];

test('configText() of random keys and texts is read back as they were', (t) => {
	const random = seededRandom(13);
	const text = (): string => {
		const length = Math.floor(random() * 6);
		return Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join('');
	};
	for (let round = 0; round < 60; round++) {
		const contents = Array.from({ length: 10 }, text);
		const annotations = Object.fromEntries(Array.from({ length: 10 }, () => [text(), text()]));
		const given = JSON.stringify({
			services: [{ name: 'a', image: 'i', annotations, env: contents }],
			files: contents.map((each, index) => ({ path: `f${index}`, contents: each })),
		}).replace(/[\u007f-\uffff]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
		const config = loadConfig([{ name: 'a.yml', text: given }]);
		for (const format of ['json', 'yaml'] as const) {
			const written = configText(config, format);
			const again = loadConfig([{ name: 'b.yml', text: written }]);
			t.deepEqual(again.services[0]?.annotations, annotations, written);
			t.deepEqual(again.services[0]?.env, contents, written);
			t.deepEqual(
				again.files.map((file) => file.contents),
				contents,
				written,
			);
			// YAML 1.1, and so LinuxKit's reader, takes the last three as line ends.
			t.notRegex(written, /[\x7f-\x9f\u2028\u2029]/);
		}
	}
});
