// `slipway schema`: prints the format of the YAML files as JSON Schema, for editors.

import { jsonSchema, systemSchemaId } from '../config/json-schema.ts';
import { systemSchema } from '../config/linuxkit-schema.ts';
import { UsageError } from '../errors.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';

const about = `Prints the format of the YAML files as JSON Schema (draft-07). Editors complete and check with it. For an editor with
a YAML language server, write it to a file and put this line at the top of the YAML file:

  # yaml-language-server: $schema=slipway.schema.json`;

export const schemaCommand: Command = {
	name: 'schema',
	summary: 'print the format as JSON Schema, for editors',
	operands: '',
	about,
	options: {},
	async run(args, streams) {
		const { positionals } = readArguments(args, {});
		if (positionals.length > 0) throw new UsageError(`schema takes no ${positionals[0]}.`);
		const schema = jsonSchema(systemSchema, systemSchemaId, 'A Slipway or LinuxKit system');
		streams.out.write(`${JSON.stringify(schema, null, '\t')}\n`);
		return 0;
	},
};
