// The option table of `slipway build`, and the values that a build uses.

import { join, parse } from 'node:path';
import type { Compression } from '../archive/compressors.ts';
import { UsageError } from '../errors.ts';
import { parseDiskSize } from '../machine/disk-option.ts';
import type { RootKind } from '../output/format.ts';
import { formatLines, outputFormats } from '../output/formats.ts';
import type { SigningKey } from '../output/signing-key.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { shellWord } from '../terminal/shell-word.ts';
import { acceptOption } from './check-options.ts';
import { linuxkitBuildOptions } from './linuxkit-options.ts';
import { type PlanOptions, planOptions, planOptionsOf } from './plan-options.ts';

export interface BuildOptions extends PlanOptions {
	/** The values of `--format`, as written. */
	readonly formats: readonly string[];
	/** The path of the outputs without their endings. */
	readonly output: string;
	/** Reports whether the files that were written are printed as JSON. */
	readonly json?: boolean;
	/** Reports whether the bill of materials is written too. */
	readonly sbom: boolean;
	readonly compression: Compression;
	readonly root: RootKind;
	/** The names of the checks whose findings are not told. */
	readonly accepted: ReadonlySet<string>;
	/** The size of a disk with a partition for data; null for a disk as large as the system. */
	readonly diskBytes: number | null;
	/** Signs the EFI programs; null for none. */
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
	...planOptions,
	...acceptOption,
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
	'explain-privileges': {
		group: 'Locks and trust',
		help: "print what each container is granted beyond the defaults, by the YAML and by its image's label",
	},
} as const satisfies OptionTable;

export function parseBuildOptions(args: readonly string[]): BuildOptions {
	const { values, positionals } = readArguments(args, buildOptions, linuxkitBuildOptions);
	// LinuxKit names the outputs after the last file. What is merged last is the most special.
	const last = positionals.at(-1);
	if (last === undefined || last === '')
		throw new UsageError('build needs a YAML file, for example web.yml (slipway new web).');
	const name = values.name ?? (last === '-' ? undefined : parse(last).name);
	if (name === undefined) throw new UsageError('build from the standard input needs --name NAME.');
	if (name === '' || name.includes('/')) {
		throw new UsageError(
			`--name ${name}: expected a name without "/"; --dir DIR sets the directory of the outputs.`,
		);
	}
	const plan = planOptionsOf(values, positionals);
	const lock = values.lock ?? plan.lock;
	if (values['write-lock'] && lock === null)
		throw new UsageError('--write-lock for the standard input needs --lock FILE.');
	return {
		...plan,
		formats: values.format,
		output: join(values.dir ?? '.', name),
		lock,
		lockIsNamed: values.lock !== undefined,
		writeLock: values['write-lock'],
		lockingCommand:
			lock === null ? null : ['slipway', 'build', '--write-lock', ...args].map(shellWord).join(' '),
		modules: values.modules,
		json: values.json,
		sbom: values.sbom,
		compression: values.compression,
		root: values.root,
		diskBytes: diskSize(values.size),
		signing: signingKey(values['sign-key'], values['sign-cert']),
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
