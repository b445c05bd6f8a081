// The host's files of `slipway cp` as a tar, and a tar as the host's files. The guest is not trusted: nothing is written outside of the
// destination, and nothing through a symbolic link.

import { closeSync, constants, openSync, statSync } from 'node:fs';
import { archiveTree } from '../../supervisor/copy/archive-tree.ts';
import {
	CopyError,
	fileError,
	lastComponent,
	nameOf,
	parentOf,
	pathOnly,
	shownName,
} from '../../supervisor/copy/copied-file.ts';
import { extractTree } from '../../supervisor/copy/extract-tree.ts';
import { encodeTarHeader, endOfTar, paddingOf, type TarPart } from '../../supervisor/copy/tar-codec.ts';
import { nameToBytes } from '../../supervisor/image/name-bytes.ts';
import { tarMembers } from '../../supervisor/image/tar-members.ts';
import { SlipwayError } from '../errors.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';

/** A path that names the contents of a directory, such as `dir/.`: the tar of it has no top directory. */
export function namesContents(path: string): boolean {
	return lastComponent(path) === null;
}

/**
 * Opens a file or directory and returns its tar. Both throw a `SlipwayError` that names what can't be read.
 */
export function readHostFiles(
	path: string,
	followsLink: boolean,
	leftOut: (name: string, why: string) => void,
): AsyncIterable<Uint8Array> {
	const last = lastComponent(path);
	const isFollowed = followsLink || last === null || path.endsWith('/');
	const folderFd = openPlace(isFollowed ? path : parentOf(path) || '.');
	const name = isFollowed ? null : last;
	const source = {
		folderFd,
		name,
		shown: last ?? '.',
		parent: last === null ? '' : nameOf(parentOf(path)),
		leftOut: (shown: string, why: string) => leftOut(shownName(shown), why),
	};
	return (async function* () {
		try {
			yield* archiveTree(source);
		} catch (cause) {
			if (!(cause instanceof CopyError)) throw cause;
			throw new SlipwayError('NO_FILE', `Can't copy ${cause.message}`, { cause });
		} finally {
			closeSync(folderFd);
		}
	})();
}

function openPlace(path: string): number {
	try {
		return openSync(path, pathOnly);
	} catch (cause) {
		throw new SlipwayError('NO_FILE', `Can't copy ${fileError(nameOf(path), cause).message}`, { cause });
	}
}

/** Where a copy goes, open. */
export interface HostDestination {
	readonly folderFd: number;
	/** What the copy is called there; null when it keeps its name. */
	readonly renamed: string | null;
}

/** A directory gets the copy inside; anything else is made or replaced. Throws a `SlipwayError`. The caller closes it. */
export function openDestination(path: string): HostDestination {
	const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
	const last = lastComponent(path);
	if (!isFolder && (last === null || path.endsWith('/')))
		throw new SlipwayError('NO_FILE', `There is no directory ${path}.`);
	const folder = isFolder ? path : parentOf(path) || '.';
	try {
		const folderFd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
		return { folderFd, renamed: isFolder ? null : last };
	} catch (cause) {
		throw new SlipwayError('NO_FILE', `Can't copy to ${fileError(nameOf(folder), cause).message}`, { cause });
	}
}

/** Throws a `SlipwayError`; what was written until then stays. */
export async function writeHostFiles(
	tar: AsyncIterable<Uint8Array>,
	{ folderFd, renamed }: HostDestination,
	how: { readonly isContents: boolean; readonly keepsOwners: boolean; readonly temporary: TemporaryPaths },
): Promise<void> {
	try {
		await extractTree(partsOf(tar, 'what the guest sends'), {
			folderFd,
			renamed,
			isContents: how.isContents,
			ownerOf: ({ uid, gid }) => (how.keepsOwners ? [uid, gid] : null),
			// A guest's program gets no other user's rights on the host.
			modeMask: 0o777 & ~process.umask(),
			temporary: how.temporary,
		});
	} catch (cause) {
		if (!(cause instanceof CopyError)) throw cause;
		throw new SlipwayError('BAD_INPUT', `Can't write ${cause.message}`, { cause });
	}
}

/** Returns any tar in the form that the guest reads. */
export async function* rewriteTar(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	for await (const { header, content } of partsOf(tar, 'the tar on stdin')) {
		yield encodeTarHeader(header);
		yield* content();
		yield Buffer.alloc(paddingOf(header.sizeBytes));
	}
	yield endOfTar;
}

async function* partsOf(tar: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<TarPart, void> {
	for await (const { header, content } of tarMembers(tar, what)) {
		const bytes = (name: string): string => Buffer.from(nameToBytes(name)).toString('latin1');
		yield { header: { ...header, name: bytes(header.name), linkname: bytes(header.linkname) }, content };
	}
}
