// Writes the keys of a schema as a list in Markdown, for the documents that are generated from schemas.

import { stringify } from 'yaml';
import type { RecordSchema, Schema } from '../config/schema.ts';

/**
 * Returns a list with an item for each key: type, description and example. The keys inside a key are a list below it,
 * with their whole path.
 *
 * @param closed - paths of keys whose own keys are left out
 */
export function keyList(schema: RecordSchema, closed: readonly string[] = []): string {
	return listOf(schema, '', closed);
}

function listOf({ keys, required }: RecordSchema, prefix: string, closed: readonly string[]): string {
	return Object.entries(keys)
		.map(([name, schema]) => {
			const path = `${prefix}${name}`;
			const inner = schema.type === 'list' || schema.type === 'choice' ? schema.of : schema;
			const below =
				inner.type === 'record' && !closed.includes(path) ? listOf(inner, `${path}.`, closed) : '';
			const type = `${typeOf(schema)}${required.includes(name) ? ', required' : ''}`;
			const text = `${schema.description ?? ''}${exampleOf(name, schema)}`;
			return `- \`${path}\` (${type}): ${text}\n${below.replaceAll(/^/gm, '  ').trimEnd()}`.trimEnd();
		})
		.join('\n')
		.concat('\n');
}

function exampleOf(name: string, { examples = [] }: Schema): string {
	if (examples.length === 0) return '';
	const texts = examples.map((example) => `\`${name}: ${stringify(example, oneLine).trim()}\``);
	return ` Example: ${texts.join(' or ')}.`;
}

const oneLine = {
	version: '1.1',
	collectionStyle: 'flow',
	flowCollectionPadding: false,
	blockQuote: false,
	lineWidth: 0,
} as const;

const typeNames = {
	string: 'text',
	parsed: 'text',
	image: 'text',
	boolean: 'true or false',
	integer: 'number',
	id: 'number or text',
	map: 'map of texts',
	choice: 'word or map',
	record: 'map',
} as const;

const listNames = {
	...typeNames,
	string: 'texts',
	image: 'texts',
	id: 'numbers or texts',
	choice: 'words or maps',
	record: 'maps',
};

function typeOf(schema: Schema): string {
	if (schema.type !== 'list') return typeNames[schema.type];
	return schema.of.type === 'list' ? 'list of lists' : `list of ${listNames[schema.of.type]}`;
}
