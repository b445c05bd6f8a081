// The options of all commands that plan a system: `slipway build`, and those that write none of its outputs.

import type { Processor } from '../../supervisor/contract/processors.ts';
import { UsageError } from '../errors.ts';
import type { PullPolicy } from '../resolve/image-source.ts';
import type { TrustRule } from '../resolve/image-trust.ts';
import { lockFileOf } from '../resolve/lock-file.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { archValue, parseArch } from './arch-option.ts';
import { storeOption } from './common-options.ts';
import { variableOptions } from './read-system.ts';
import { registryOptions } from './registry-options.ts';
import { trustOptions, trustRules } from './trust-options.ts';
import { unpackedOption, unpackedSize } from './unpacked-option.ts';

export const planOptions = {
	arch: {
		...archValue,
		group: 'Outputs',
		help: 'the processor of the system. Its packages are built by "slipway pkg build --arch ARCH"',
	},
	...variableOptions,
	pull: {
		group: 'Images',
		help: 'ask the registries for every image, even if the store has it',
	},
	offline: { group: 'Images', help: 'send no request to a registry' },
	...registryOptions,
	...storeOption,
	...unpackedOption('a layer, and all files of an image,'),
	...trustOptions,
} as const satisfies OptionTable;

/** What `planBuild()` uses. */
export interface PlanOptions {
	/** YAML files; `-` is the standard input. */
	readonly files: readonly string[];
	/** The processor of the system. */
	readonly processor: Processor;
	readonly cache: string | undefined;
	/** Null for the default. */
	readonly maxUnpackedBytes: number | null;
	/** `NAME=VALUE` each. */
	readonly vars: readonly string[];
	readonly envFiles: readonly string[];
	readonly pull: PullPolicy;
	readonly mirror: readonly string[];
	readonly ca: string | undefined;
	/** The lock file to use and, with `writeLock`, to write; null when the last file is the standard input. */
	readonly lock: string | null;
	/** Reports whether the command line names the lock file. */
	readonly lockIsNamed: boolean;
	readonly writeLock: boolean;
	/** The command with `--write-lock`, quoted for a shell; null when there is no file to lock. */
	readonly lockingCommand: string | null;
	/** Rules that the command line adds to those of the YAML. */
	readonly rules: readonly TrustRule[];
}

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
