// The options of the commands that plan a system as `slipway build` does, and write none of its outputs.

import { UsageError } from '../errors.ts';
import { lockFileOf } from '../resolve/lock-file.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { parseArch } from './arch-option.ts';
import { type BuildOptions, buildOptions } from './build-options.ts';
import { storeOption } from './common-options.ts';
import { variableOptions } from './read-system.ts';
import { registryOptions } from './registry-options.ts';
import { trustOptions, trustRules } from './trust-options.ts';
import { unpackedOption, unpackedSize } from './unpacked-option.ts';

export const planOptions = {
	arch: buildOptions.arch,
	...variableOptions,
	pull: buildOptions.pull,
	offline: buildOptions.offline,
	...registryOptions,
	...storeOption,
	...unpackedOption('a layer, and all files of an image,'),
	...trustOptions,
} as const satisfies OptionTable;

/** What `planBuild()` uses. */
export type PlanOptions = Pick<
	BuildOptions,
	| 'cache'
	| 'ca'
	| 'envFiles'
	| 'files'
	| 'lock'
	| 'lockIsNamed'
	| 'lockingCommand'
	| 'maxUnpackedBytes'
	| 'mirror'
	| 'processor'
	| 'pull'
	| 'rules'
	| 'vars'
	| 'writeLock'
>;

interface PlanValues {
	readonly arch: string | undefined;
	readonly var: readonly string[];
	readonly 'env-file': readonly string[];
	readonly pull: boolean;
	readonly offline: boolean;
	readonly mirror: readonly string[];
	readonly ca: string | undefined;
	readonly cache: string | undefined;
	readonly 'max-unpacked': string | undefined;
	readonly 'require-digest': readonly string[];
	readonly 'verify-key': readonly string[];
}

/** @param files - the YAML files of one system; the lock file of the last one is used if it exists */
export function planOptionsOf(values: PlanValues, files: readonly string[]): PlanOptions {
	if (values.pull && values.offline) throw new UsageError('--pull and --offline contradict each other.');
	return {
		files,
		processor: parseArch(values.arch),
		cache: values.cache,
		maxUnpackedBytes: unpackedSize(values['max-unpacked']),
		vars: values.var,
		envFiles: values['env-file'],
		pull: values.pull ? 'always' : values.offline ? 'never' : 'missing',
		mirror: values.mirror,
		ca: values.ca,
		lock: lockFileOf(files.at(-1) ?? '-'),
		lockIsNamed: false,
		writeLock: false,
		lockingCommand: null,
		rules: trustRules(values),
	};
}
