// Makes `supervisor/containerd/messages.ts` from `containerd.proto` beside it: pbf's own compiler writes the
// code, this adds the types that it leaves out, and Biome formats. Run it after a change of the .proto:
// `node tools/build/containerd-messages.ts`.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

interface Field {
	readonly name: string;
	readonly type: string;
	readonly repeated: boolean;
	readonly map: { readonly from: string; readonly to: string } | null;
}

interface Schema {
	readonly messages: readonly { readonly name: string; readonly fields: readonly Field[] }[];
	readonly enums: readonly { readonly name: string }[];
}

const require = createRequire(import.meta.url);
// Neither module has types.
const { parse } = require('protocol-buffers-schema') as { parse(text: string): Schema };
const { compileRaw } = require('pbf/compile') as { compileRaw(schema: Schema): string };

const scalars: Readonly<Record<string, string>> = {
	string: 'string',
	bytes: 'Uint8Array',
	bool: 'boolean',
	uint32: 'number',
};

function generateMessages(proto: string): string {
	const schema = parse(proto);
	const enums = new Set(schema.enums.map(({ name }) => name));
	const interfaces = schema.messages.map(({ name, fields }) => {
		const lines = fields.map((field) => `\t${field.name}${optional(field, enums)}: ${typeOf(field, enums)};`);
		return lines.length === 0
			? `export type ${name} = Record<string, never>;`
			: `export interface ${name} {\n${lines.join('\n')}\n}`;
	});
	return [
		'// Made from containerd.proto by tools/build/containerd-messages.ts: do not edit.',
		"import type { PbfReader, PbfWriter } from 'pbf';",
		'interface Entry {\n\tkey: string;\n\tvalue: string;\n}',
		...interfaces,
		typed(compileRaw(schema).replace(/^\/\/ code generated.*\n/, '')),
	].join('\n\n');
}

function typeOf(field: Field, enums: ReadonlySet<string>): string {
	if (field.map !== null) return `Record<${scalars[field.map.from]}, ${scalars[field.map.to]}>`;
	const type = enums.has(field.type) ? 'number' : (scalars[field.type] ?? field.type);
	return field.repeated ? `${type}[]` : type;
}

/** Messages and bytes have no default and may be absent. */
function optional(field: Field, enums: ReadonlySet<string>): string {
	const hasDefault =
		field.repeated ||
		field.map !== null ||
		enums.has(field.type) ||
		field.type in { string: 0, bool: 0, uint32: 0 };
	return hasDefault ? '' : '?';
}

/** Each row has a pattern of pbf's output and its replacement in TypeScript. */
const typing: readonly (readonly [RegExp, string])[] = [
	[/export (function (?:read|write)\w+Entry)/g, '$1'],
	[/function (read\w+Entry)\(pbf, end\)/g, 'function $1(pbf: PbfReader, end?: number): Entry'],
	[/function (write\w+Entry)\(obj, pbf\)/g, 'function $1(obj: Entry, pbf: PbfWriter): void'],
	[/function read(\w+)\(pbf, end\)/g, 'function read$1(pbf: PbfReader, end?: number): $1'],
	[/function writeEmpty\(obj, pbf\)/g, 'function writeEmpty(_obj: Partial<Empty>, _pbf: PbfWriter): void'],
	[/function write(\w+)\(obj, pbf\)/g, 'function write$1(obj: Partial<$1>, pbf: PbfWriter): void'],
	[/(function read\w+\(.*\): (\w+) \{\n\s+const obj) = /g, '$1: $2 = '],
	[
		/let field;\n\s+while \(\(field = pbf\.nextField\(end\)\)\) \{/g,
		'for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {',
	],
	[/, \w+: undefined/g, ''],
	[/\{\w+: undefined(, )?/g, '{'],
	[/pbf\.pos = end;/g, 'pbf.pos = end ?? pbf.length;'],
	[/, \{key, value: obj\.(\w+)\[key\]\}\)/g, ", {key, value: obj.$1[key] ?? ''})"],
];

/** A client only writes requests and reads responses. */
const neverCalled = /export function (?:read\w+Request|write\w+Response)\([\s\S]*?\n?\}\n(?=\n|export|$)/g;

function typed(code: string): string {
	return typing
		.reduce((text, [written, wanted]) => text.replace(written, wanted), code)
		.replace(neverCalled, '');
}

const folder = new URL('../../supervisor/containerd/', import.meta.url);

/** Returns the text that `messages.ts` must have; a test compares. */
export function currentMessages(): string {
	const code = generateMessages(readFileSync(new URL('containerd.proto', folder), 'utf8'));
	const biome = fileURLToPath(new URL('../../node_modules/.bin/biome', import.meta.url));
	return execFileSync(biome, ['format', '--stdin-file-path=messages.ts'], { input: code, encoding: 'utf8' });
}

if (import.meta.main) writeFileSync(new URL('messages.ts', folder), currentMessages());
