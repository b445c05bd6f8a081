// The words after a command's name, by node:util's parseArgs; what it can't take is wrong usage.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { errorMessage } from '../../native/text/error-message.ts';
import { UsageError } from '../errors.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

export function readArguments<const T extends Options>(args: readonly string[], options: T) {
	try {
		return parseArgs({ args: [...args], allowPositionals: true, options });
	} catch (error) {
		throw new UsageError(errorMessage(error));
	}
}

/** Of the commands that read YAML files; for `readVariables()`. */
export const variableOptions = {
	var: { type: 'string', multiple: true },
	'env-file': { type: 'string', multiple: true },
} as const;
