// The options of `slipway build`, from words to values.

import { basename, join } from 'node:path';
import type { Compression } from '../archive/compressors.ts';
import { UsageError } from '../errors.ts';
import type { PullPolicy } from '../resolve/image-source.ts';
import type { TrustRule } from '../resolve/image-trust.ts';
import { lockFileOf } from '../resolve/lock-file.ts';
import { readArguments, variableOptions } from '../terminal/arguments.ts';
import { registryOptions } from './registry-options.ts';
import { trustOptions, trustRules, withAllNames } from './trust-options.ts';

export interface BuildOptions {
	/** Of `--format`, as written. */
	readonly formats: readonly string[];
	/** The path of the outputs without their endings. */
	readonly output: string;
	/** YAML files; `-` is the standard input. */
	readonly files: readonly string[];
	readonly cache: string | undefined;
	/** `NAME=VALUE` each. */
	readonly vars: readonly string[];
	readonly envFiles: readonly string[];
	readonly pull: PullPolicy;
	readonly mirror: readonly string[];
	readonly ca: string | undefined;
	/** The lock file to use and, with `writeLock`, to write; null where the first file is the standard input. */
	readonly lock: string | null;
	/** Whether the command line names it. */
	readonly lockIsNamed: boolean;
	readonly writeLock: boolean;
	/** This very command with --write-lock, as a shell takes it; null where nothing could be locked. */
	readonly lockingCommand: string | null;
	/** Whether the bill of materials is written too. */
	readonly sbom: boolean;
	readonly compression: Compression;
	/** Rules that the command line adds to those of the YAML. */
	readonly rules: readonly TrustRule[];
}

export function parseBuildOptions(args: readonly string[]): BuildOptions {
	const { values, positionals } = readArguments(withAllNames(args), {
		format: { type: 'string', multiple: true },
		name: { type: 'string' },
		dir: { type: 'string' },
		cache: { type: 'string' },
		pull: { type: 'boolean', default: false },
		offline: { type: 'boolean', default: false },
		lock: { type: 'string' },
		'write-lock': { type: 'boolean', default: false },
		sbom: { type: 'boolean', default: false },
		compression: { type: 'string', default: 'fast' },
		...variableOptions,
		...registryOptions,
		...trustOptions,
	});
	const [first] = positionals;
	if (first === undefined)
		throw new UsageError('build needs a YAML file, for example examples/redis-os.yml.');
	const name = values.name ?? (first === '-' ? undefined : basename(first).replace(/\.ya?ml$/, ''));
	if (name === undefined) throw new UsageError('build from the standard input needs --name NAME.');
	if (name === '' || name.includes('/')) {
		throw new UsageError(`--name ${name}: expected a name without "/"; --dir DIR says where the files go.`);
	}
	if (values.pull && values.offline) throw new UsageError('--pull and --offline contradict each other.');
	const lock = values.lock ?? lockFileOf(first);
	if (values['write-lock'] && lock === null)
		throw new UsageError('--write-lock for the standard input needs --lock FILE.');
	return {
		formats: values.format ?? [],
		output: join(values.dir ?? '.', name),
		files: positionals,
		cache: values.cache,
		vars: values.var ?? [],
		envFiles: values['env-file'] ?? [],
		pull: values.pull ? 'always' : values.offline ? 'never' : 'missing',
		mirror: values.mirror ?? [],
		ca: values.ca,
		lock,
		lockIsNamed: values.lock !== undefined,
		writeLock: values['write-lock'],
		lockingCommand:
			lock === null ? null : ['slipway', 'build', '--write-lock', ...args].map(quoted).join(' '),
		sbom: values.sbom,
		compression: compressionOf(values.compression),
		rules: trustRules(values),
	};
}

function compressionOf(word: string): Compression {
	if (word === 'fast' || word === 'best') return word;
	throw new UsageError(`--compression ${word}: expected fast or best.`);
}

/** For a shell, where it has to be. */
function quoted(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
