import { readFileSync } from 'node:fs';
import test from 'ava';
import { configText } from '../../../tools/config/config-text.ts';
import { loadConfig } from '../../../tools/config/load-config.ts';

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
	// LinuxKit writes a kernel without a name where there is none.
	t.is(configText(config, 'yaml').length, goldenSize('etc/linuxkit.yml') - 'kernel:\n  image: ""\n'.length);
});

test("configText() as JSON has the size of LinuxKit's", (t) => {
	// The same kernel, and `null` for the four lists that are not there, which no reader takes back.
	const kernel = '    "kernel": {\n        "image": ""\n    },\n'.length;
	t.is(configText(config, 'json').length, goldenSize('etc/linuxkit.json') - kernel - 4 * 'll'.length);
});

for (const format of ['json', 'yaml'] as const) {
	test(`configText() as ${format} is a configuration of the same meaning`, (t) => {
		const text = configText(config, format);
		t.is(configText(loadConfig([{ name: 'b.yml', text }]), format), text);
	});
}
