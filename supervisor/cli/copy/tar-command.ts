// `service tar`: files of a container as a tar, for `slipway cp`. The container is not trusted: its paths are resolved below its own root
// (openat2(2)), where neither a symbolic link nor a magic link of /proc leads out, also with `pid: host`.

import { closeSync, fstatSync, rmSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ParseArgsConfig } from 'node:util';
import { hasCode } from '../../../native/linux/has-code.ts';
import type { Native } from '../../../native/native.ts';
import type { ServiceProcess } from '../../contract/protocol.ts';
import { archiveTree, type TreeSource } from '../../copy/archive-tree.ts';
import { fileError, lastComponent, nameOf, parentOf, pathOnly, shownName } from '../../copy/copied-file.ts';
import { type ExtractPlace, extractTree } from '../../copy/extract-tree.ts';
import { readTar } from '../../copy/tar-codec.ts';
import { type CallerStreams, type Command, UsageError } from '../command.ts';
import { parseOptions } from '../command-options.ts';
import { openContainer } from '../exec/enter-container.ts';
import { writeError } from '../output.ts';
import { containerOwner, systemOwner } from './owners.ts';

const options = {
	create: { type: 'boolean', short: 'c' },
	extract: { type: 'boolean', short: 'x' },
	'follow-link': { type: 'boolean', short: 'L' },
	archive: { type: 'boolean', short: 'a' },
	contents: { type: 'boolean' },
	into: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

type Root = Pick<Native, 'openInRoot'> & { readonly rootFd: number };

export const tarCommand: Command<CallerStreams> = {
	name: 'tar',
	brief: ['-c|-x NAME PATH', 'copy files out of its container, or into it'],
	usage: '-c [-L] NAME PATH | -x [-a] [--contents] [--into] NAME PATH',
	help: [
		'-c: write a file or a directory of its container to stdout as a tar; -L follows a link',
		'-x: unpack a tar from stdin into its container, as PATH or into that directory;',
		'    -a keeps owners; --contents: the tar has no top directory; --into: PATH is one',
	],
	parse(args) {
		if (args.includes('--help') || args.includes('-h')) return null;
		const { values, positionals } = parseOptions(args, options);
		const [name, path, ...more] = positionals;
		const isOne = (values.create ?? false) !== (values.extract ?? false);
		if (!isOne || name === undefined || path === undefined || more.length > 0)
			throw new UsageError('tar needs -c or -x, the name of a service and a path in its container.');
		return async ({ client, streams }) => {
			const service = await client.request<ServiceProcess>({ command: 'process', name });
			client.close();
			const container = openContainer(service);
			const native = streams.openNative();
			const root: Root = { openInRoot: native.openInRoot, rootFd: container.rootFd };
			try {
				if (values.create === true)
					await create(root, service, path, values['follow-link'] ?? false, streams);
				else await extract(root, service, path, values);
			} finally {
				container.close();
			}
			return 0;
		};
	},
};

async function create(
	root: Root,
	{ uidMappings }: ServiceProcess,
	path: string,
	followsLink: boolean,
	{ err }: CallerStreams,
): Promise<void> {
	const last = lastComponent(path);
	const isFolder = last === null || path.endsWith('/');
	const base = last ?? '.';
	// A slash at the end means what a link leads to.
	const source =
		isFolder || followsLink
			? { folderFd: openBelow(root, path), name: null }
			: { folderFd: openBelow(root, parentOf(path)), name: base };
	try {
		const tree: TreeSource = {
			...source,
			shown: base,
			parent: last === null ? '' : nameOf(parentOf(path)),
			ownerOf: (uid, gid) => [containerOwner(uid, uidMappings), containerOwner(gid, uidMappings)],
			leftOut: (shown, why) => err.write(`service: ${shownName(shown)} ${why}, and is left out\n`),
		};
		const archive = Readable.from(archiveTree(tree), { objectMode: false });
		await pipeline(archive, process.stdout, { end: false }).catch((error: Error) => {
			throw writeError(error);
		});
	} finally {
		closeSync(source.folderFd);
	}
}

async function extract(
	root: Root,
	{ uidMappings }: ServiceProcess,
	path: string,
	values: { readonly archive?: boolean; readonly contents?: boolean; readonly into?: boolean },
): Promise<void> {
	const { archive = false, contents = false, into = false } = values;
	const target = openTarget(root, path, into);
	const temporary = new Set<string>();
	const stop = removingOnSignals(temporary);
	try {
		const place: ExtractPlace = {
			...target,
			isContents: contents,
			ownerOf: ({ uid, gid }) =>
				archive
					? [systemOwner(uid, uidMappings), systemOwner(gid, uidMappings)]
					: [systemOwner(0, uidMappings), systemOwner(0, uidMappings)],
			modeMask: archive ? 0o7777 : 0o1777,
			temporary,
		};
		await extractTree(readTar(process.stdin), place);
	} finally {
		stop();
		closeSync(target.folderFd);
	}
}

/** A directory gets the files; anything else is made or replaced. */
function openTarget(root: Root, path: string, into: boolean): Pick<ExtractPlace, 'folderFd' | 'renamed'> {
	const present = into ? openBelow(root, path) : tryOpen(root, path);
	const isFolder = present !== null && fstatSync(present).isDirectory();
	if (present !== null && isFolder) return { folderFd: present, renamed: null };
	if (present !== null) closeSync(present);
	const last = lastComponent(path);
	if (into || last === null || path.endsWith('/'))
		throw fileError(nameOf(path), new Error('there is no such directory in the container'));
	return { folderFd: openBelow(root, parentOf(path)), renamed: last };
}

function openBelow({ openInRoot, rootFd }: Root, path: string): number {
	try {
		// A relative path is one of the root, as for docker.
		return openInRoot(rootFd, `/${path}`, pathOnly);
	} catch (error) {
		throw fileError(path === '' ? '/' : nameOf(path), error);
	}
}

function tryOpen({ openInRoot, rootFd }: Root, path: string): number | null {
	try {
		return openInRoot(rootFd, `/${path}`, pathOnly);
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return null;
		throw fileError(nameOf(path), error);
	}
}

/** A half-written file goes with the command. */
function removingOnSignals(temporary: ReadonlySet<string>): () => void {
	const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
	const end = (signal: NodeJS.Signals): void => {
		for (const path of temporary) rmSync(Buffer.from(path, 'latin1'), { force: true });
		process.exit(128 + osConstants.signals[signal]);
	};
	for (const signal of signals) process.on(signal, end);
	return () => {
		for (const signal of signals) process.off(signal, end);
	};
}
