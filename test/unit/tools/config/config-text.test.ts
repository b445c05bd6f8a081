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
