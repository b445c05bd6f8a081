import { globSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import test from 'ava';
import { parse, stringify } from 'yaml';
import { type JsonSchema, jsonSchema, systemSchemaId } from '../../../../tools/config/json-schema.ts';
import { systemSchema } from '../../../../tools/config/linuxkit-schema.ts';
import { record, type Schema } from '../../../../tools/config/schema.ts';
import { validateYaml } from '../../../../tools/config/validate.ts';
import { recipeSchema } from '../../../../tools/package/recipe-schema.ts';

const schema = jsonSchema(systemSchema, systemSchemaId, 'A system');
const accepts = new Ajv({ strictTypes: false }).compile(schema);

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
	'a score that the kernel does not have': 'services: [{name: a, image: b, oomScoreAdj: -1001}]',
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

/** Returns the paths of the properties that have no description. */
function undescribed(form: JsonSchema, path: string): string[] {
	const properties = (form['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
	const inner = [form['items'] ?? [], form['oneOf'] ?? []].flat() as JsonSchema[];
	return [
		...Object.entries(properties).flatMap(([name, property]) => [
			...(/^[A-Z`].+[.]$/s.test(String(property['description'])) ? [] : [`${path}.${name}`]),
			...undescribed(property, `${path}.${name}`),
		]),
		...inner.flatMap((each) => undescribed(each, path)),
	];
}

test('jsonSchema() describes every key of a system and of a recipe in a sentence', (t) => {
	t.deepEqual(undescribed(schema, ''), []);
	t.deepEqual(undescribed(jsonSchema(recipeSchema, 'urn:slipway:recipe:1', 'A recipe'), ''), []);
});

/** Yields each key with its schema once, although all containers share most of them. */
function* keysOf(
	schema: Schema,
	path: string,
): Generator<readonly [path: string, name: string, schema: Schema]> {
	if (schema.type === 'list' || schema.type === 'choice') yield* keysOf(schema.of, path);
	if (schema.type !== 'record') return;
	for (const [name, key] of Object.entries(schema.keys)) {
		yield [`${path}.${name}`, name, key];
		yield* keysOf(key, `${path}.${name}`);
	}
}

test('the examples of the schema are valid', (t) => {
	const messages = [...keysOf(systemSchema, '')].flatMap(([path, name, key]) =>
		(key.examples ?? []).flatMap((example) =>
			validateYaml(path, stringify({ [name]: example }), record({ [name]: key })).problems.map(
				({ message }) => `${path}: ${message}`,
			),
		),
	);
	t.deepEqual(messages, []);
});
