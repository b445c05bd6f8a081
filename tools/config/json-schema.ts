// The schema of the format as JSON Schema (draft-07, which editors' YAML servers read), made from the one that the
// validation runs on. Checks that are code have no form there: an editor sees the kinds and keys, `slipway validate`
// the rest.

import { maxId, type Schema } from './schema.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** @param title - what the schema describes */
export function jsonSchema(schema: Schema, title: string): JsonSchema {
	return { $schema: 'http://json-schema.org/draft-07/schema#', title, ...formOf(schema) };
}

function formOf(schema: Schema): JsonSchema {
	switch (schema.type) {
		case 'string':
			return { type: 'string', ...(schema.oneOf === undefined ? {} : { enum: schema.oneOf }) };
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
			const required = schema.required === undefined ? {} : { required: schema.required };
			return { type: 'object', properties, ...required, additionalProperties: false };
		}
	}
}
