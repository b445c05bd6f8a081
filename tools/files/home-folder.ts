// The home directory of the user, for what is kept below it and for paths that begin with `~/`.

import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { SlipwayError } from '../errors.ts';

/** Returns what `homeFolderOrNull()` returns. Throws a `SlipwayError` in place of null. */
export function homeFolder(): string {
	const found = homeFolderOrNull();
	if (found !== null) return found;
	const message = 'This user has no home directory. Set HOME to a directory that you may write to.';
	throw new SlipwayError('BAD_INPUT', message);
}

/**
 * Returns `HOME`; where that is empty or relative, and files would land in the working directory, what the user database has. Null when
 * neither is there: a container may run as a user without a name.
 */
export function homeFolderOrNull(): string | null {
	try {
		const named = homedir();
		return isAbsolute(named) ? named : userInfo().homedir;
	} catch {
		return null;
	}
}

/** Returns the absolute path that a `source:` of a YAML file names: `~/` is the home directory. */
export function sourcePath(source: string): string {
	return source.startsWith('~/') ? join(homeFolder(), source.slice(2)) : resolve(source);
}

/** Returns the path of a variable of the XDG base directory specification, by which a relative one is ignored; else null. */
export function xdgFolder(value: string | undefined): string | null {
	return value !== undefined && isAbsolute(value) ? value : null;
}
