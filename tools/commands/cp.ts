// `slipway cp`: copies files between this host and the container of a guest's service.

import { closeSync } from 'node:fs';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
	namesContents,
	openDestination,
	readHostFiles,
	rewriteTar,
	writeHostFiles,
} from '../control/copy-files.ts';
import type { RunService, ServiceRun } from '../control/run-service.ts';
import { UsageError } from '../errors.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { guestOptions, guestService } from '../options/guest-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { printableOutput } from '../terminal/printable-output.ts';
import type { Streams } from '../terminal/streams.ts';
import { startProgress, type WorkProgress, watchedBytes } from '../terminal/work-progress.ts';

const about = `Copies a file, or a directory with all in it. One of the two places is SERVICE:PATH, in the container
of a service that runs; as with docker cp, a PATH begins at the container's root. A destination that is a directory
gets the copy inside; DIR/. as the source stands for what is in DIR. "-" is a tar on stdout or stdin. In the
container, the copy belongs to root; on this host, to you. Links are copied as links.`;

const options = {
	archive: { short: 'a', help: 'keep owners, and in the container setuid and setgid' },
	'follow-link': { short: 'L', help: 'copy what a link leads to when the source itself is a link' },
	...guestOptions,
} as const satisfies OptionTable;

const notes = `Files that are there are replaced, directories stay as they are. Devices, sockets and FIFOs are left out and named.
What the container has in /proc and /sys can't be copied.
Exit code: 0 when all is copied.`;

interface CopyOptions {
	readonly archive: boolean;
	readonly followsLink: boolean;
}

export const cpCommand: Command = {
	name: 'cp',
	summary: "copy files from or to a service's container",
	operands: 'SERVICE:PATH DEST | SOURCE SERVICE:PATH',
	operandsComplete: 'file',
	about,
	options,
	notes,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		const [from, to, ...more] = positionals;
		if (from === undefined || to === undefined || more.length > 0)
			throw new UsageError('cp needs two places: SERVICE:PATH and one of this host.');
		const [source, destination] = [containerPlace(from), containerPlace(to)];
		const how = { archive: values.archive, followsLink: values['follow-link'] };
		if (source !== null && destination === null)
			return await copyOut(guestService(values), source, to, how, streams);
		if (source === null && destination !== null)
			return await copyIn(guestService(values), from, destination, how, streams);
		throw new UsageError(
			`${from} and ${to}: one of the two must be SERVICE:PATH. A file of this host with a colon in its name is ./NAME.`,
		);
	},
};

interface ContainerPlace {
	readonly service: string;
	readonly path: string;
}

/** Returns null for a path of this host. */
function containerPlace(text: string): ContainerPlace | null {
	const [, service, path] = /^([^/.:-][^/:]*):(.*)$/s.exec(text) ?? [];
	return service === undefined || path === undefined ? null : { service, path: path === '' ? '/' : path };
}

async function copyOut(
	run: RunService,
	{ service, path }: ContainerPlace,
	to: string,
	{ archive, followsLink }: CopyOptions,
	{ out, err }: Streams,
): Promise<number> {
	const tar = new PassThrough();
	const progress = copying(`${service}:${path}`, err);
	const call: ServiceRun = {
		args: ['tar', '-c', ...(followsLink ? ['-L'] : []), '--', service, path],
		terminal: false,
		input: null,
		out: tar,
		err: clearing(progress, err),
	};
	// An error of the guest explains more than that its tar is cut.
	const onExit = (code: number): unknown => (code === 0 ? tar.end() : tar.destroy());
	if (to === '-') {
		if (process.stdout.isTTY === true)
			throw new UsageError(
				'A tar is not for a terminal: send stdout of "slipway cp … -" to a file or a program.',
			);
		return await together(run, call, pipeline(watchedBytes(tar, progress), out, { end: false }), onExit);
	}
	const destination = openDestination(to);
	try {
		return await removingOnSignals(async (temporary) => {
			const how = { isContents: namesContents(path), keepsOwners: archive, temporary };
			return await together(run, call, writeHostFiles(watchedBytes(tar, progress), destination, how), onExit);
		});
	} finally {
		progress.end();
		closeSync(destination.folderFd);
	}
}

async function copyIn(
	run: RunService,
	from: string,
	{ service, path }: ContainerPlace,
	{ archive, followsLink }: CopyOptions,
	{ err }: Streams,
): Promise<number> {
	const progress = copying(from === '-' ? 'the standard input' : from, err);
	const leftOut = (name: string, why: string): void => {
		progress.clear();
		err.write(`slipway: ${name} ${why}, and is left out\n`);
	};
	const isTar = from === '-';
	const bytes = isTar ? rewriteTar(process.stdin) : readHostFiles(from, followsLink, leftOut);
	const tar = Readable.from(watchedBytes(bytes, progress), { objectMode: false });
	const { promise: failed, reject } = Promise.withResolvers<never>();
	tar.on('error', reject);
	const more = [
		...(archive ? ['-a'] : []),
		...(isTar ? ['--into'] : namesContents(from) ? ['--contents'] : []),
	];
	const output = clearing(progress, err);
	const args = ['tar', '-x', ...more, '--', service, path];
	const call: ServiceRun = { args, terminal: false, input: tar, out: output, err: output };
	try {
		return await together(run, call, failed, () => tar.destroy());
	} finally {
		progress.end();
	}
}

function copying(what: string, err: Streams['err']): WorkProgress {
	return startProgress(err, { name: `copying ${what}`, total: null, unit: 'bytes' });
}

/** The guest's words have a line of their own. */
function clearing(progress: WorkProgress, err: Streams['err']): Writable {
	const output = printableOutput(err);
	return new Writable({
		write(bytes: Buffer, _, done) {
			progress.clear();
			output.write(bytes, done);
		},
	});
}

/** Runs the guest's part and ours. An error of ours ends the guest's; otherwise the guest's exit code counts, and its error is told. */
async function together(
	run: RunService,
	call: ServiceRun,
	ours: Promise<void>,
	onExit: (code: number) => unknown,
): Promise<number> {
	const abandon = new AbortController();
	let exitCode: number | null = null;
	const guest = run({ ...call, ended: abandon.signal }).then((code) => {
		exitCode = code;
		onExit(code);
		return code;
	});
	guest.catch(() => abandon.abort());
	ours.catch(() => undefined);
	try {
		const code = await Promise.race([guest, ours.then(() => guest)]);
		if (code === 0 && call.input === null) await ours;
		return code;
	} catch (error) {
		if (exitCode !== null && exitCode !== 0) return exitCode;
		throw error;
	} finally {
		abandon.abort();
	}
}
