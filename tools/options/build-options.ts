// The option table of `slipway build`, and the values that a build uses.

import { join, parse } from 'node:path';
import type { Processor } from '../../supervisor/contract/processors.ts';
import type { Compression } from '../archive/compressors.ts';
import { UsageError } from '../errors.ts';
import { parseDiskSize } from '../machine/disk-option.ts';
import type { RootKind } from '../output/format.ts';
import { formatLines, outputFormats } from '../output/formats.ts';
import type { SigningKey } from '../output/signing-key.ts';
import type { PullPolicy } from '../resolve/image-source.ts';
import type { TrustRule } from '../resolve/image-trust.ts';
import { lockFileOf } from '../resolve/lock-file.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { archValue, parseArch } from './arch-option.ts';
import { acceptOption } from './check-options.ts';
import { storeOption } from './common-options.ts';
import { linuxkitBuildOptions } from './linuxkit-options.ts';
import { variableOptions } from './read-system.ts';
import { registryOptions } from './registry-options.ts';
import { trustOptions, trustRules } from './trust-options.ts';
import { unpackedOption, unpackedSize } from './unpacked-option.ts';

export interface BuildOptions {
	/** The values of `--format`, as written. */
	readonly formats: readonly string[];
	/** The path of the outputs without their endings. */
	readonly output: string;
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
	/** This command with `--write-lock`, quoted for a shell; null when there is no file to lock. */
	readonly lockingCommand: string | null;
	/** Reports whether the files that were written are printed as JSON. */
	readonly json?: boolean;
	/** Reports whether the bill of materials is written too. */
	readonly sbom: boolean;
	readonly compression: Compression;
	readonly root: RootKind;
	/** Rules that the command line adds to those of the YAML. */
	readonly rules: readonly TrustRule[];
	/** The names of the checks whose findings are not told. */
	readonly accepted: ReadonlySet<string>;
	/** Signs the EFI programs; null for none. */
	/** The size of a disk with a partition for data; null for a disk as large as the system. */
	readonly diskBytes: number | null;
	readonly signing: SigningKey | null;
	/** A file with the kernel modules that are kept; absent for all. */
	readonly modules?: string | undefined;
	/** Reports whether the build prints what each container is granted. */
	readonly explainPrivileges: boolean;
}

export const buildOptions = {
	format: {
		value: 'FORMAT',
		isRepeatable: true,
		completes: outputFormats.map(({ name }) => name),
		defaultText: `what "outputs" in the YAML names, else ${outputFormats[0].name}`,
		group: 'Outputs',
		help: `what to write\n${formatLines().join('\n')}`,
	},
	name: {
		value: 'NAME',
		defaultText: "the last file's, without its ending",
		group: 'Outputs',
		help: "the outputs' name",
	},
	dir: {
		value: 'DIR',
		completes: 'directory',
		defaultText: 'the working directory',
		group: 'Outputs',
		help: 'the directory of the outputs',
	},
	compression: {
		choices: ['fast', 'best'],
		default: 'fast',
		group: 'Outputs',
		help: 'how small the root gets. best saves two fifths of an image, a fifth of archives; it takes minutes, but only once, because packed images are kept. A machine boots from such an image several times slower',
	},
	root: {
		choices: ['auto', 'squashfs', 'unpacked'],
		default: 'auto',
		group: 'Outputs',
		help:
			'how the initrd holds the root. squashfs: one image that is read on demand, which boots sooner and in less memory; ' +
			'the kernel unpacks nothing. unpacked: archives that the kernel unpacks into the memory. auto: squashfs if the ' +
			"system's kernel and init can boot it. A disk (raw, qcow2, aws, gcp, vhd, vmdk) has the root in a partition with auto",
	},
	size: {
		value: 'SIZE',
		defaultText: 'as large as the system',
		group: 'Outputs',
		help:
			'the size of a disk (raw, qcow2, aws, gcp, vhd, vmdk), such as 4G; a plain number is megabytes. What the system leaves free ' +
			'becomes a blank partition for data',
	},
	modules: {
		value: 'FILE',
		completes: 'file',
		defaultText: 'all of the kernel image',
		group: 'Outputs',
		help:
			'keep only the kernel modules that the file names, and those that they need: a name a line, or the output of lsmod. ' +
			'overlay, loop and squashfs always stay',
	},
	'sign-key': {
		value: 'KEY',
		completes: 'file',
		group: 'Outputs',
		help:
			'sign the EFI program of uki, iso, iso-efi, iso-efi-initrd, raw-efi and qcow2-efi for Secure Boot by this private key, a PEM ' +
			'file without a passphrase. "slipway keys new" makes one',
	},
	'sign-cert': {
		value: 'CERT',
		completes: 'file',
		group: 'Outputs',
		help: 'the certificate of --sign-key, a PEM file',
	},
	json: { group: 'Outputs', help: 'print the files that were written as one JSON array, for programs' },
	sbom: {
		group: 'Outputs',
		help:
			'write NAME.spdx.json too: every image, with the Debian and npm packages in it (SPDX 2.3). For an image that ' +
			'slipway has not built it has only the name and the digest',
	},
	arch: {
		...archValue,
		group: 'Outputs',
		help: 'the processor of the system. Its packages are built by "slipway pkg build --arch ARCH"',
	},
	...variableOptions,
	...acceptOption,
	pull: {
		group: 'Images',
		help: 'ask the registries for every image, even if the store has it',
	},
	offline: { group: 'Images', help: 'send no request to a registry' },
	...registryOptions,
	...storeOption,
	...unpackedOption('a layer, and all files of an image,'),
	'write-lock': {
		group: 'Locks and trust',
		help: 'write the digest of every image of the system to the lock file',
	},
	lock: {
		value: 'FILE',
		completes: 'file',
		defaultText: "the last YAML file's name, with .lock",
		group: 'Locks and trust',
		help: 'the lock file. If it exists, its digests are built, whatever the tags mean now',
	},
	...trustOptions,
	'explain-privileges': {
		group: 'Locks and trust',
		help: "print what each container is granted beyond the defaults, by the YAML and by its image's label",
	},
} as const satisfies OptionTable;

export function parseBuildOptions(args: readonly string[]): BuildOptions {
	const { values, positionals } = readArguments(args, buildOptions, linuxkitBuildOptions);
	// LinuxKit names the outputs after the last file. What is merged last is the most special.
	const last = positionals.at(-1);
	if (last === undefined)
		throw new UsageError('build needs a YAML file, for example web.yml (slipway new web).');
	const name = values.name ?? (last === '-' ? undefined : parse(last).name);
	if (name === undefined) throw new UsageError('build from the standard input needs --name NAME.');
	if (name === '' || name.includes('/')) {
		throw new UsageError(
			`--name ${name}: expected a name without "/"; --dir DIR sets the directory of the outputs.`,
		);
	}
	if (values.pull && values.offline) throw new UsageError('--pull and --offline contradict each other.');
	const lock = values.lock ?? lockFileOf(last);
	if (values['write-lock'] && lock === null)
		throw new UsageError('--write-lock for the standard input needs --lock FILE.');
	return {
		formats: values.format,
		output: join(values.dir ?? '.', name),
		files: positionals,
		processor: parseArch(values.arch),
		cache: values.cache,
		maxUnpackedBytes: unpackedSize(values['max-unpacked']),
		vars: values.var,
		envFiles: values['env-file'],
		pull: values.pull ? 'always' : values.offline ? 'never' : 'missing',
		mirror: values.mirror,
		ca: values.ca,
		lock,
		lockIsNamed: values.lock !== undefined,
		writeLock: values['write-lock'],
		lockingCommand:
			lock === null ? null : ['slipway', 'build', '--write-lock', ...args].map(quoted).join(' '),
		modules: values.modules,
		json: values.json,
		sbom: values.sbom,
		compression: values.compression,
		root: values.root,
		diskBytes: diskSize(values.size),
		signing: signingKey(values['sign-key'], values['sign-cert']),
		rules: trustRules(values),
		accepted: new Set(values.accept),
		explainPrivileges: values['explain-privileges'],
	};
}

function diskSize(text: string | undefined): number | null {
	if (text === undefined) return null;
	const bytes = parseDiskSize(text);
	if (bytes !== null) return bytes;
	throw new UsageError(`--size ${text}: expected a number with M, G or T, such as 512M or 4G.`);
}

function signingKey(key: string | undefined, certificate: string | undefined): SigningKey | null {
	if (key === undefined && certificate === undefined) return null;
	if (key !== undefined && certificate !== undefined) return { key, certificate };
	throw new UsageError('--sign-key KEY and --sign-cert CERT need each other.');
}

/** Quotes a word for a shell when it needs quotes. */
function quoted(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
