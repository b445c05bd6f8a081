// `slipway run-in`: runs a program of a tarball of this host in a guest that runs, in a container of its own.

import { createReadStream, statSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { memorySize, processCount, processorCount } from '../../supervisor/contract/option-values.ts';
import { fileError, nameOf } from '../../supervisor/copy/copied-file.ts';
import { readHostFiles } from '../control/copy-files.ts';
import type { RunService, ServiceRun } from '../control/run-service.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import {
	checkValue,
	commandOf,
	guestOptions,
	guestService,
	splitLeadingOptions,
	variableWords,
} from '../options/guest-options.ts';
import { checkRunImage } from '../options/run-image.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { printableOutput } from '../terminal/printable-output.ts';
import { startProgress, type WorkProgress, watchedBytes } from '../terminal/work-progress.ts';

const about = `Sends IMAGE of this host to the guest and runs a program of it there by "service run", in a container of its own: a
tarball of a root file system, a docker save archive, an OCI layout, or a FOLDER with a root; "-" is a tarball on stdin.
It is unpacked in the guest's memory and gone when the program ends. Without CMD the image's own program runs. Its stdin
is empty without -i.`;

const limits = 'Limits';
const rights = 'Rights';
const options = {
	name: { value: 'NAME', defaultText: 'run-1, run-2, …', help: 'its name in "service list --all"' },
	user: { short: 'u', value: 'USER[:GROUP]', help: 'another user than that of the image' },
	env: { short: 'e', value: 'NAME=VALUE', isRepeatable: true, help: "a variable besides the image's" },
	workdir: { short: 'w', value: 'DIR', help: 'the working directory' },
	tty: { short: 't', help: 'a terminal, with stdin; an error where slipway has none' },
	interactive: { short: 'i', help: 'CMD gets the stdin of slipway' },
	rm: { help: '"service list --all" forgets it when it has ended' },
	memory: { short: 'm', value: 'SIZE', group: limits, help: 'its memory, such as 64M' },
	cpus: { value: 'NUMBER', group: limits, help: 'how many processors it gets, such as 0.5' },
	pids: { value: 'NUMBER', group: limits, help: 'how many processes it may have' },
	net: {
		value: 'none|host|bridge|NETWORK|SERVICE',
		default: 'none',
		group: rights,
		help: "none, the system's, an address in a network of services, or the network of a service",
	},
	pid: { value: 'SERVICE', group: rights, help: 'it sees the processes of a service' },
	volume: {
		short: 'v',
		value: 'PATH:PATH[:ro]',
		isRepeatable: true,
		group: rights,
		help: 'a path of the guest, and its place in the container',
	},
	rw: { group: rights, help: 'it may write to its root, in memory' },
	'cap-add': {
		value: 'NAME',
		isRepeatable: true,
		group: rights,
		help: 'a capability; it has none otherwise',
	},
	...guestOptions,
} as const satisfies OptionTable;

const notes = `Exit code: that of CMD; 126 when it can't be executed, 127 when it is not there, 128 and the signal's number when a
signal has ended it.`;

const passedOn = ['name', 'user', 'workdir', 'memory', 'cpus', 'pids', 'net', 'pid'] as const;

export const runInCommand: Command = {
	name: 'run-in',
	summary: 'run a program of a tarball in a guest that runs',
	operands: 'IMAGE|FOLDER|- [-- CMD...]',
	operandsComplete: 'file',
	about,
	options,
	notes,
	async run(args, streams) {
		const { own, rest } = splitLeadingOptions(args, options);
		const { values } = readArguments(own, options);
		const [image, ...following] = rest;
		const command = commandOf(following);
		if (image === undefined)
			throw new UsageError('run-in needs an image: a tarball, a directory, or - for a tarball on stdin.');
		checkValue('--memory', values.memory, memorySize);
		checkValue('--cpus', values.cpus, processorCount);
		checkValue('--pids', values.pids, processCount);
		const words = [
			...passedOn.flatMap((name) => (values[name] === undefined ? [] : [`--${name}=${values[name]}`])),
			...values.volume.map((each) => `--volume=${each}`),
			...values['cap-add'].map((each) => `--cap-add=${each}`),
			...variableWords(values.env),
			...(values.rw ? ['--rw'] : []),
			...(values.rm ? ['--rm'] : []),
		];
		const takesStdin = values.tty || values.interactive;
		if (takesStdin && image === '-')
			throw new UsageError(`-${values.tty ? 't' : 'i'}: stdin is the tarball. Write it to a file first.`);
		if (values.tty && !(process.stdin.isTTY === true && process.stdout.isTTY === true))
			throw new UsageError('-t: stdin and stdout of slipway are no terminal.');
		checkRunImage(image);
		const service = guestService(values);
		const progress = startProgress(streams.err, {
			name: `sending ${image}`,
			total: sizeOf(image),
			unit: 'bytes',
		});
		const leftOut = (name: string): void => {
			progress.clear();
			streams.err.write(`slipway: ${name} is a device, a socket or a FIFO, and is left out\n`);
		};
		const tar = openImage(image, leftOut, progress);
		const { promise: failed, reject } = Promise.withResolvers<never>();
		tar.on('error', (cause) => reject(cause instanceof SlipwayError ? cause : unreadable(image, cause)));
		failed.catch(() => undefined);
		const abandon = new AbortController();
		const common = {
			out: printableOutput(streams.out),
			err: printableOutput(streams.err),
			ended: abandon.signal,
		};
		const run = async (more: readonly string[], terminal: boolean, input: Readable): Promise<number> =>
			await service({
				...common,
				args: [
					'run',
					terminal ? '-t' : '-T',
					...words,
					...more,
					'-',
					...(command.length === 0 ? [] : ['--', ...command]),
				],
				terminal,
				input,
			});
		const ran = async (): Promise<number> => {
			if (!takesStdin) return await run([], false, tar);
			const sent = await sendImage(service, tar, common);
			if (typeof sent === 'number') return sent;
			return await run([`--received=${sent.path}`], values.tty, process.stdin);
		};
		try {
			return await Promise.race([ran(), failed]);
		} finally {
			abandon.abort();
			progress.end();
			if (tar !== process.stdin) tar.destroy();
		}
	},
};

/** Sends the tarball by a call of its own, which goes on until another one has unpacked it. Returns its place, or the exit code when it failed. */
async function sendImage(
	service: RunService,
	tar: Readable,
	{ err, ended }: Pick<ServiceRun, 'err' | 'ended'>,
): Promise<{ readonly path: string } | number> {
	const { promise: path, resolve } = Promise.withResolvers<{ readonly path: string }>();
	let text = '';
	const out = new Writable({
		write(bytes: Buffer, _, done) {
			// A path is short; a guest may send what it likes.
			if (text.length < 100) text += bytes.toString('latin1', 0, 100);
			const line = /^(\/proc\/\d+\/fd\/\d+)\n/.exec(text)?.[1];
			if (line !== undefined) resolve({ path: line });
			done();
		},
	});
	const call = service({
		args: ['run', '--receive'],
		terminal: false,
		input: tar,
		out,
		err,
		...(ended && { ended }),
	});
	call.catch(() => undefined);
	return await Promise.race([path, call]);
}

/** Returns null for what is no file. */
function sizeOf(image: string): number | null {
	const found = image === '-' ? undefined : statSync(image, { throwIfNoEntry: false });
	return found?.isFile() === true ? found.size : null;
}

function openImage(image: string, leftOut: (name: string) => void, progress: WorkProgress): Readable {
	if (image === '-') {
		progress.end();
		return process.stdin;
	}
	let isFolder: boolean;
	try {
		isFolder = statSync(image).isDirectory();
	} catch (cause) {
		throw unreadable(image, cause);
	}
	const bytes = isFolder ? readHostFiles(`${image}/.`, true, leftOut) : createReadStream(image);
	return Readable.from(watchedBytes(bytes, progress), { objectMode: false });
}

function unreadable(image: string, cause: unknown): SlipwayError {
	return new SlipwayError('NO_FILE', `Can't read ${fileError(nameOf(image), cause).message}`, { cause });
}
