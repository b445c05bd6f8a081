import { globSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import test from 'ava';
import { parse } from 'yaml';
import { jsonSchema } from '../../../../tools/config/json-schema.ts';
import { systemSchema } from '../../../../tools/config/linuxkit-schema.ts';

const accepts = new Ajv({ strictTypes: false }).compile(jsonSchema(systemSchema, 'A system'));

function read(text: string): unknown {
	return parse(text, { version: '1.1' });
}

for (const file of [...globSync('test/golden/cases/*/service.yml'), ...globSync('examples/*.yml')].sort()) {
	test(`jsonSchema() accepts ${file}`, (t) => {
		t.true(accepts(read(readFileSync(file, 'utf8'))), JSON.stringify(accepts.errors));
	});
}

const wrong: Readonly<Record<string, string>> = {
	'an unknown key': 'services: [{name: a, image: b, imag: c}]',
	'a missing key': 'services: [{name: a}]',
	'another type': 'services: [{name: a, image: b, readonly: "yes"}]',
	'an unknown capability': 'services: [{name: a, image: b, capabilities: [CAP_NOTHING]}]',
	'a negative user': 'files: [{path: a, contents: "", uid: -1}]',
	'a user that means "no user"': 'files: [{path: a, contents: "", uid: 4294967295}]',
	'a weight of more than 16 bits': 'services: [{name: a, image: b, resources: {blockio: {weight: 65536}}}]',
	'a negative share': 'services: [{name: a, image: b, resources: {cpu: {shares: -1}}}]',
	'a score that the kernel has not': 'services: [{name: a, image: b, oomScoreAdj: -1001}]',
};

for (const [title, text] of Object.entries(wrong)) {
	test(`jsonSchema() refuses ${title}`, (t) => {
		t.false(accepts(read(text)));
	});
}

test('jsonSchema() accepts the highest limit, and devices of every type at once', (t) => {
	const limit = 'resources: {memory: {limit: 9223372036854775807, swap: -1}}, devices: [{path: all}]';
	t.true(
		accepts(read(`services: [{name: a, image: b, ${limit}, uid: 4294967294}]`)),
		JSON.stringify(accepts.errors),
	);
});
