// Makes a JSON Schema (draft-07, which editors' YAML servers read) of a schema. A check that is code has no form there:
// an editor knows types and keys, `slipway validate` finds the rest.

import { maxId, type Schema } from './schema.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Identifies the format of the YAML files. The number rises when a file that was valid is no longer valid. */
export const systemSchemaId = 'urn:slipway:system:1';

/** @param title - what the schema describes */
export function jsonSchema(schema: Schema, $id: string, title: string): JsonSchema {
	return { $schema: 'http://json-schema.org/draft-07/schema#', $id, title, ...formOf(schema) };
}

function formOf(schema: Schema): JsonSchema {
	const { description = '', examples } = schema;
	return {
		...(description === '' ? {} : { description }),
		...typeOf(schema),
		...(examples === undefined ? {} : { examples }),
	};
}

function typeOf(schema: Schema): JsonSchema {
	switch (schema.type) {
		case 'string':
			return { type: 'string', ...(schema.oneOf === undefined ? {} : { enum: schema.oneOf }) };
		case 'parsed':
		case 'image':
			return { type: 'string' };
		case 'boolean':
			return { type: 'boolean' };
		case 'integer':
			return { type: 'integer', minimum: Number(schema.minimum), maximum: Number(schema.maximum) };
		case 'id':
			return { oneOf: [{ type: 'integer', minimum: 0, maximum: maxId }, { type: 'string' }] };
		case 'list':
			return { type: 'array', items: formOf(schema.of) };
		case 'map':
			return { type: 'object', additionalProperties: formOf(schema.of) };
		case 'choice':
			return { oneOf: [{ type: 'string', enum: schema.words }, formOf(schema.of)] };
		case 'record': {
			const properties = Object.fromEntries(
				Object.entries(schema.keys).map(([key, form]) => [key, formOf(form)]),
			);
			const required = schema.required.length === 0 ? {} : { required: schema.required };
			return { type: 'object', properties, ...required, additionalProperties: false };
		}
	}
}
