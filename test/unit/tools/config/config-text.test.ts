import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { bigNumbers } from '../../../../tools/config/big-numbers.ts';
import { ConfigError } from '../../../../tools/config/config-error.ts';
import { configText } from '../../../../tools/config/config-text.ts';
import { systemSchema } from '../../../../tools/config/linuxkit-schema.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import type { Schema } from '../../../../tools/config/schema.ts';
import type { SystemConfig } from '../../../../tools/config/system-config.ts';
import { randomText, randomValue, seededRandom } from './random-value.ts';

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
		services: [{ name: 'a', image: 'i', command: words, resources: { memory: { limit: 'LIMIT' } } }],
	}).replace('"LIMIT"', '9223372036854775807');
	const given = loadConfig([{ name: 'a.yml', text }]);
	for (const format of ['json', 'yaml'] as const) {
		const again = loadConfig([{ name: 'b.yml', text: configText(given, format) }]);
		t.deepEqual(again.services[0]?.command, words, format);
		t.deepEqual(again.services[0]?.resources?.memory, { limit: 2n ** 63n - 1n }, format);
	}
});

/** Writes a text of JSON in which no character and no dollar sign is anything but itself. */
function jsonOf(value: unknown): string {
	const asEscape = (each: string): string => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`;
	return JSON.stringify(value, bigNumbers).replaceAll(/[\u007f-\uffff]|\$(?=\{)/g, asEscape);
}

function readBack(t: ExecutionContext, given: unknown): SystemConfig[] {
	const config = loadConfig([{ name: 'a.yml', text: jsonOf(given) }]);
	return (['json', 'yaml'] as const).map((format) => {
		const written = configText(config, format);
		// YAML 1.1, and so LinuxKit's reader, takes the last three as line ends.
		t.notRegex(written, /[\x7f-\x9f\u2028\u2029]/);
		return loadConfig([{ name: 'b.yml', text: written }]);
	});
}

test('configText() of random keys and texts is read back as they were', (t) => {
	const random = seededRandom(13);
	const text = (): string => randomText(random);
	for (let round = 0; round < 60; round++) {
		const contents = Array.from({ length: 10 }, text);
		const annotations = Object.fromEntries(Array.from({ length: 10 }, () => [text(), text()]));
		for (const again of readBack(t, {
			services: [
				{
					name: 'a',
					image: 'i',
					annotations,
					env: contents.map((text) => `A=${text}`),
					command: ['sh', '-c', ...contents],
				},
			],
			files: contents.map((each, index) => ({ path: `f${index}`, contents: each })),
		})) {
			t.deepEqual(again.services[0]?.annotations, annotations);
			t.deepEqual(
				again.services[0]?.env,
				contents.map((text) => `A=${text}`),
			);
			t.deepEqual(again.services[0]?.command?.slice(2), contents);
			t.deepEqual(
				again.files.map((file) => file.contents),
				contents,
			);
		}
	}
});

/** Leaves out positions, which differ in the file that is written. */
function withoutPlaces(value: unknown): unknown {
	if (typeof value !== 'object' || value === null) return value;
	if (Array.isArray(value)) return value.map(withoutPlaces);
	const entries = Object.entries(value).filter(([key, each]) => key !== 'at' || typeof each !== 'object');
	return Object.fromEntries(entries.map(([key, each]) => [key, withoutPlaces(each)]));
}

/** Returns null for a system in which keys contradict each other. */
function loadedOrNull(given: unknown): SystemConfig | null {
	try {
		return loadConfig([{ name: 'a.yml', text: jsonOf(given) }]);
	} catch (error) {
		if (error instanceof ConfigError) return null;
		throw error;
	}
}

test('configText() of random systems with the keys of the schema is read back as they were', (t) => {
	const random = seededRandom(7);
	const { kernel, onboot, onshutdown, services, files: fileList } = systemSchema.keys;
	const met = new Set<string>();
	let read = 0;
	const container = (section: Schema, name: string): object => {
		// These name other containers and volumes.
		const { after: _, mounts: __, net, ...value } = randomValue(section, random) as Record<string, unknown>;
		const joined = value['networks'] === undefined && net !== undefined ? { net } : {};
		return { ...value, ...joined, name, image: 'docker.io/library/i:latest' };
	};
	for (let round = 0; round < 120; round++) {
		const given = loadedOrNull({
			kernel: { ...(randomValue(kernel, random) as object), image: 'docker.io/library/k:latest' },
			onboot: [container(onboot.of, 'a')],
			onshutdown: [container(onshutdown.of, 'b')],
			services: [container(services.of, 'c')],
			files: [1, 2, 3].flatMap(() => randomValue(fileList.of, random) ?? []),
			networks: [
				{ name: 'front', internal: true },
				{ name: 'back', subnets: ['10.9.0.0/16'] },
			],
		});
		if (given === null) continue;
		read++;
		for (const each of [...given.onboot, ...given.services])
			for (const key of Object.keys(each)) met.add(key);
		// The defaults of a file's keys are written.
		const files = given.files.map((each) => ({ directory: false, optional: false, ...each }));
		for (const format of ['json', 'yaml'] as const) {
			const again = loadConfig([{ name: 'b.yml', text: configText(given, format) }]);
			t.deepEqual(withoutPlaces(again), withoutPlaces({ ...given, files }));
		}
	}
	t.true(read > 40, `${read} of 120 systems are valid`);
	t.true(met.size > 40, `only these keys: ${[...met].join(' ')}`);
});
