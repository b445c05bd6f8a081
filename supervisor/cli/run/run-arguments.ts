// The command line of `service run`, with docker's options. The arguments after the image belong to the program. Pure.

import type { ParseArgsConfig } from 'node:util';
import { capabilityNames, expandCapabilities } from '../../contract/capabilities.ts';
import { memorySize, processCount, processorCount, wrongVariable } from '../../contract/option-values.ts';
import { runName } from '../../contract/protocol.ts';
import { UsageError } from '../command.ts';
import { firstOperandIndex, numberOf, parseOptions } from '../command-options.ts';

export interface Bind {
	readonly source: string;
	readonly destination: string;
	readonly isReadonly: boolean;
}

export interface RunRequest {
	/** Null: PID 1 chooses one. */
	readonly name: string | null;
	/** The path of a directory or of an archive; `-` for an archive on stdin. */
	readonly image: string;
	/** Empty for the image's own program. */
	readonly command: readonly string[];
	/** The path of the tarball that `-` stands for (received-image.ts); null: stdin. */
	readonly received: string | null;
	/** Null for a terminal when stdin is a terminal. */
	readonly terminal: boolean | null;
	readonly memoryBytes: number | null;
	/** Processors, such as 0.5. */
	readonly cpus: number | null;
	readonly pids: number | null;
	/** `none`, `host`, or the name of a service or of a network, as `bridge` is one. */
	readonly net: string;
	/** The name of a service; null for processes of its own. */
	readonly pid: string | null;
	readonly binds: readonly Bind[];
	readonly isWritable: boolean;
	readonly isForgotten: boolean;
	readonly capabilities: readonly string[];
	/** `USER[:GROUP]`; null for the image's own. */
	readonly user: string | null;
	/** `NAME=VALUE`, or `NAME` for the value in the environment of `service`. */
	readonly env: readonly string[];
	readonly workdir: string | null;
}

const options = {
	name: { type: 'string' },
	memory: { type: 'string', short: 'm' },
	cpus: { type: 'string' },
	pids: { type: 'string' },
	net: { type: 'string' },
	pid: { type: 'string' },
	volume: { type: 'string', short: 'v', multiple: true },
	rw: { type: 'boolean' },
	rm: { type: 'boolean' },
	received: { type: 'string' },
	tty: { type: 'boolean', short: 't' },
	'no-tty': { type: 'boolean', short: 'T' },
	// Has no effect, because stdin is always passed on; people type -it.
	interactive: { type: 'boolean', short: 'i' },
	'cap-add': { type: 'string', multiple: true },
	user: { type: 'string', short: 'u' },
	env: { type: 'string', short: 'e', multiple: true },
	workdir: { type: 'string', short: 'w' },
} as const satisfies ParseArgsConfig['options'];

/** Parses the arguments after `run`. Throws `UsageError`. */
export function parseRunArguments(args: readonly string[]): RunRequest {
	const found = firstOperandIndex(args, options);
	const imageAt = found === -1 ? args.length : found;
	const { values } = parseOptions(args.slice(0, imageAt), options);
	const image = args[imageAt];
	if (image === undefined || image === '')
		throw new UsageError('run needs an image: a tarball, a directory, or - for a tarball on stdin.');
	const rest = args.slice(imageAt + 1);
	if (values.tty === true && values['no-tty'] === true) throw new UsageError('-t and -T exclude each other.');
	const received = values.received ?? null;
	if (received !== null && image !== '-') throw new UsageError('--received is for the image - alone.');
	const takesStdin = image === '-' && received === null;
	if (values.tty === true && takesStdin)
		throw new UsageError('-t: stdin is the tarball. Write it to a file first, for a program on a terminal.');
	const wrong = wrongVariable('-e', values.env ?? []);
	if (wrong !== null) throw new UsageError(wrong);
	return {
		name: values.name === undefined ? null : nameOf(values.name),
		image,
		received,
		command: rest[0] === '--' ? rest.slice(1) : rest,
		terminal: values.tty === true ? true : values['no-tty'] === true || takesStdin ? false : null,
		memoryBytes: values.memory === undefined ? null : numberOf('--memory', values.memory, memorySize),
		cpus: values.cpus === undefined ? null : numberOf('--cpus', values.cpus, processorCount),
		pids: values.pids === undefined ? null : numberOf('--pids', values.pids, processCount),
		net: values.net ?? 'none',
		pid: values.pid ?? null,
		binds: (values.volume ?? []).map(bindOf),
		isWritable: values.rw === true,
		isForgotten: values.rm === true,
		capabilities: capabilitiesOf(values['cap-add'] ?? []),
		user: values.user ?? null,
		env: values.env ?? [],
		workdir: values.workdir === undefined ? null : workdirOf(values.workdir),
	};
}

/** Returns what errors call the image of this name. */
export function wordsOfImage(image: string): string {
	return image === '-' ? 'the tarball on stdin' : image;
}

function nameOf(text: string): string {
	if (runName.test(text)) return text;
	throw new UsageError(`--name ${text}: expected at most 63 letters, digits, "_", "." and "-".`);
}

function bindOf(text: string): Bind {
	const [source = '', destination = '', mode = 'rw', more] = text.split(':');
	const isPath = source.startsWith('/') && destination.startsWith('/');
	if (!isPath || more !== undefined || (mode !== 'ro' && mode !== 'rw'))
		throw new UsageError(`-v ${text}: expected PATH:PATH or PATH:PATH:ro, both from the root on.`);
	return { source, destination, isReadonly: mode === 'ro' };
}

function workdirOf(text: string): string {
	if (text.startsWith('/')) return text;
	throw new UsageError(`-w ${text}: expected a path from the root of the container on.`);
}

function capabilitiesOf(texts: readonly string[]): readonly string[] {
	const names = texts.map((text) => {
		const upper = text.toUpperCase();
		return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
	});
	const wrong = names.find((name) => name !== 'ALL' && !capabilityNames.includes(name));
	if (wrong !== undefined) throw new UsageError(`--cap-add: there is no capability ${wrong}.`);
	return names.includes('ALL') ? expandCapabilities(['all']) : [...new Set(names)];
}
