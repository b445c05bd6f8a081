// Asks GNU tar and GNU cpio what they list of an archive.

import { spawnSync } from 'node:child_process';

export interface ListedMember {
	/** The bytes of the name, as latin1. */
	readonly name: string;
	/** The letter of ls(1): `-`, `d`, `l`, `c`, `b`, `p`; `h` for another name of a file. */
	readonly kind: string;
	/** Null for a device. */
	readonly sizeBytes: number | null;
}

/** Returns null for an archive that the program refuses, or about which it has something to say. */
export function listByTar(archive: Buffer): ListedMember[] | null {
	const options = [
		'--list',
		'--verbose',
		'--numeric-owner',
		'--full-time',
		'--utc',
		'--quoting-style=c',
		'-f',
		'-',
	];
	const text = output('tar', options, archive);
	return text === null ? null : text.split('\n').flatMap((line) => memberOf(line) ?? []);
}

/** `-rw-r--r-- 0/0  5 1970-01-01 00:00:00 "name"`, with ` -> "target"` or ` link to "target"`. */
function memberOf(line: string): ListedMember | null {
	const [, kind = '', size = '', name = ''] =
		/^(\S)\S{9}\S* \S+ +(\S+) \S+ \S+ "((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
	if (kind === '') return null;
	return { kind, name: unquoted(name), sizeBytes: size.includes(',') ? null : Number(size) };
}

/** Debian's `--null` gives the exact names; the lines of `--verbose` give the rest, in the same order. */
export function listByCpio(archive: Buffer): ListedMember[] | null {
	const names = output('cpio', ['--list', '--null', '--quiet'], archive);
	const lines = output('cpio', ['--list', '--verbose', '--numeric-uid-gid', '--quiet'], archive);
	if (names === null || lines === null) return null;
	const details = lines.split('\n').flatMap((line) => {
		const [, kind = '', size = ''] = /^(\S)\S{9} +\d+ +\d+ +\d+ +(\d+, *\d+|\d+) /.exec(line) ?? [];
		return kind === '' ? [] : [{ kind, sizeBytes: size.includes(',') ? null : Number(size) }];
	});
	const members = names.split('\0').slice(0, -1);
	if (members.length !== details.length) return null;
	return members.flatMap((name, index) => {
		const detail = details[index];
		return detail === undefined ? [] : [{ name, ...detail }];
	});
}

/** Undoes the quoting of a string in C, whose bytes above ASCII are octal in the locale C. */
function unquoted(text: string): string {
	const letters: Readonly<Record<string, string>> = {
		n: '\n',
		t: '\t',
		r: '\r',
		a: '\x07',
		b: '\b',
		f: '\f',
		v: '\v',
	};
	return text.replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
		/^[0-7]{3}$/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (letters[code] ?? code),
	);
}

function output(program: string, options: readonly string[], input: Buffer): string | null {
	const { status, stdout, stderr } = spawnSync(program, options, {
		input,
		env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
		maxBuffer: 64 * 1024 * 1024,
		timeout: 60_000,
	});
	return status === 0 && stderr.length === 0 ? stdout.toString('latin1') : null;
}
