// Writes below one folder (/run/config) what comes from outside. A name is one name and no path; a link that stands
// where a folder or file is to be is never followed: nothing of the data gets out of the folder.

import {
	closeSync,
	fchmodSync,
	constants as fsConstants,
	lstatSync,
	mkdirSync,
	openSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../native/linux/has-code.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { printable } from '../../native/text/printable.ts';

/** Deeper trees are nobody's configuration. */
const maxDepth = 32;

/** An existing folder stays as it is. */
export function makeFolderIn(folder: string, name: string, mode: number): string {
	const path = join(folder, checkedName(name));
	try {
		mkdirSync(path, { mode });
	} catch (error) {
		if (!hasCode(error, 'EEXIST')) throw error;
		if (!lstatSync(path).isDirectory()) throw new Error(`${path} is there and is no folder`);
	}
	return path;
}

export function writeFileIn(folder: string, name: string, content: string | Buffer, mode: number): void {
	const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = fsConstants;
	const fd = openSync(
		join(folder, checkedName(name)),
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK,
		mode,
	);
	try {
		fchmodSync(fd, mode);
		const bytes = Buffer.from(content);
		for (let written = 0; written < bytes.length; ) {
			written += writeSync(fd, bytes, written, bytes.length - written);
		}
	} finally {
		closeSync(fd);
	}
}

/**
 * LinuxKit's tree: each entry has `content` (a file) or `entries` (a folder), and perhaps `perm`. Adds a line to
 * `problems` for each entry that can't be written, and writes the rest.
 */
export function writeTree(folder: string, tree: unknown, problems: string[], depth = 0, where = ''): void {
	if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
		problems.push(`${where || 'the user data'} is no map of names and entries`);
		return;
	}
	for (const [name, entry] of Object.entries(tree)) {
		const path = where === '' ? name : `${where}/${name}`;
		try {
			writeEntry(folder, name, entry, problems, depth, path);
		} catch (error) {
			problems.push(`${printable(path.slice(0, 300))}: ${errorMessage(error)}`);
		}
	}
}

function writeEntry(
	folder: string,
	name: string,
	entry: unknown,
	problems: string[],
	depth: number,
	path: string,
): void {
	const { content, entries, perm } = (entry ?? {}) as {
		readonly [key in 'content' | 'entries' | 'perm']?: unknown;
	};
	if ((content === undefined) === (entries === undefined)) {
		throw new Error('expected either "content" or "entries"');
	}
	if (content !== undefined) {
		if (typeof content !== 'string') throw new Error('"content" is no text');
		writeFileIn(folder, name, content, parsePermissions(perm, 0o644));
		return;
	}
	if (depth >= maxDepth) throw new Error(`more than ${maxDepth} folders deep`);
	writeTree(makeFolderIn(folder, name, parsePermissions(perm, 0o755)), entries, problems, depth + 1, path);
}

function parsePermissions(perm: unknown, otherwise: number): number {
	if (perm === undefined || perm === '') return otherwise;
	if (typeof perm !== 'string' || !/^[0-7]{1,5}$/.test(perm))
		throw new Error('"perm" is no text of octal digits');
	// No set-user-ID bits: LinuxKit's drop out as well, on their way through Go.
	return Number.parseInt(perm, 8) & 0o777;
}

function checkedName(name: string): string {
	if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
		throw new Error('it is no name of a file: an entry is one name, and a path is entries in entries');
	}
	return name;
}
