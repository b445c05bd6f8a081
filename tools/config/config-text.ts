// Writes a checked configuration for `metadata:` files: all files merged, keys in LinuxKit's order, images by their full
// names. `loadConfig` reads both forms.

import { Document, type Tags, visit } from 'yaml';
import { formatReference, parseReference } from '../images/reference.ts';
import { bigNumbers } from './big-numbers.ts';
import { systemSchema } from './linuxkit-schema.ts';
import type { Parsed, Schema } from './schema.ts';
import type { SystemConfig } from './system-config.ts';

export function configText(config: SystemConfig, format: 'json' | 'yaml'): string {
	const { kernel, init, onboot, onshutdown, services, files, volumes, networks } = config;
	const value = plain(
		{
			// LinuxKit's files always have a kernel, and these two keys of a file.
			kernel: kernel ?? { image: '' },
			init,
			onboot,
			onshutdown,
			services,
			files: files.map((file) => ({ directory: false, optional: false, ...file })),
			volumes,
			// LinuxKit's files have none.
			...(networks.length === 0 ? {} : { networks }),
		},
		systemSchema,
		'',
	);
	return escaped(format === 'json' ? JSON.stringify(value, bigNumbers, 4) : yamlText(value));
}

/**
 * The characters that readers refuse (`\x7f`) or take as line ends (`\x85`, `\u2028`; YAML 1.1 and LinuxKit's reader), and a
 * byte order mark. They stand in quotes only.
 */
const toEscape = /[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;

/** No variable begins with an escaped dollar sign. What has a variable stands in quotes only. */
const dollarOfVariable = /\$(?=\{)/g;

/** Both formats have the escape `\uXXXX` in quotes. */
function escaped(text: string): string {
	const asEscape = (each: string): string => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`;
	return text.replaceAll(toEscape, asEscape).replaceAll(dollarOfVariable, asEscape);
}

/**
 * A merge key would be another key, `=` a type of YAML 1.1, not every reader finds the indentation of a block that begins with space, and some take
 * no tab in a text without quotes.
 */
const toQuote = /^<<$|^=$|^\n|^ .*\n|^[^\n]*\t[^\n]*$/s;

function yamlText(value: unknown): string {
	const document = new Document(value, yamlOptions);
	visit(document, {
		Scalar(_, scalar) {
			if (typeof scalar.value !== 'string') return;
			const { value: given } = scalar;
			if ([toQuote, toEscape, dollarOfVariable].some((form) => given.search(form) !== -1))
				scalar.type = 'QUOTE_DOUBLE';
		},
	});
	return document.toString(yamlOptions);
}

/** Quotes every text that some reader could take for another type. */
const yamlOptions = {
	version: '1.1',
	compat: 'core',
	indentSeq: false,
	lineWidth: 0,
	aliasDuplicateObjects: false,
	// A key `<<` is a text like others.
	customTags: (tags: Tags) =>
		tags.filter((each) => typeof each === 'string' || each.tag !== 'tag:yaml.org,2002:merge'),
	// Quoted text stays on its line.
	doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
} as const;

/** Keeps the keys of the schema, in its order. Positions are removed. */
function plain(value: unknown, schema: Schema, key: string): unknown {
	switch (schema.type) {
		case 'image':
			return fullName((value as { image: string }).image);
		case 'parsed':
			return (value as Parsed<unknown>).text;
		case 'list':
			return (value as readonly unknown[]).map((each) => plain(each, schema.of, key));
		case 'choice':
			return typeof value === 'string' ? value : plain(value, schema.of, key);
		case 'record': {
			const record = value as Readonly<Record<string, unknown>>;
			return Object.fromEntries(
				Object.entries(schema.keys)
					.filter(([name]) => record[name] !== undefined)
					.map(([name, of]) => [name, plain(record[name], of, name)]),
			);
		}
		default:
			return key === 'image' && value !== '' && typeof value === 'string' ? fullName(value) : value;
	}
}

function fullName(image: string): string {
	return formatReference(parseReference(image));
}
