// Writes a checked configuration for `metadata:` files: all files merged, keys in LinuxKit's order, images by their full
// names. `loadConfig` reads both forms.

import { stringify } from 'yaml';
import { formatReference, parseReference } from '../images/reference.ts';
import { bigNumbers } from './big-numbers.ts';
import { systemSchema } from './linuxkit-schema.ts';
import type { Parsed, Schema } from './schema.ts';
import type { SystemConfig } from './system-config.ts';

export function configText(config: SystemConfig, format: 'json' | 'yaml'): string {
	const { kernel, init, onboot, onshutdown, services, files, volumes } = config;
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
		},
		systemSchema,
		'',
	);
	return format === 'json' ? JSON.stringify(value, bigNumbers, 4) : stringify(value, yamlOptions);
}

/** Quotes every text that some reader could take for another type. */
const yamlOptions = {
	version: '1.1',
	compat: 'core',
	indentSeq: false,
	lineWidth: 0,
	aliasDuplicateObjects: false,
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
