// Reads and writes PAX extended headers (pax(1), "pax Header Block"): a sequence of `LENGTH KEY=VALUE\n`. Values are bytes,
// because those of extended attributes are binary (`security.capability`).

import { SlipwayError } from '../errors.ts';
import { nameFromBytes } from './name-bytes.ts';

/** The records about a member. For an undefined field the member's own header counts. */
export interface PaxRecords {
	readonly path?: string;
	readonly linkpath?: string;
	readonly size?: number;
	readonly uid?: number;
	readonly gid?: number;
	readonly mtimeSeconds?: number;
	/** The records of `GNU.sparse.` without that prefix, in their order. */
	readonly sparse: readonly (readonly [key: string, value: string])[];
	readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

export const noRecords: PaxRecords = { sparse: [], xattrs: new Map() };

/** The prefix of extended attributes, as GNU tar, Go and libarchive write it. */
const xattrPrefix = 'SCHILY.xattr.';

const sparsePrefix = 'GNU.sparse.';

/** Returns `before`, overridden by the records of one extended header. */
export function addPaxRecords(before: PaxRecords, bytes: Buffer, what: string): PaxRecords {
	const xattrs = new Map(before.xattrs);
	const sparse = [...before.sparse];
	let result: PaxRecords = { ...before, xattrs, sparse };
	for (const [key, value] of split(bytes, what)) {
		if (key.startsWith(xattrPrefix)) xattrs.set(key.slice(xattrPrefix.length), value);
		else if (key.startsWith(sparsePrefix))
			sparse.push([key.slice(sparsePrefix.length), nameFromBytes(value)]);
		// An empty value deletes the key (pax(1)).
		else if (value.length > 0) result = { ...result, ...field(key, value, what) };
	}
	return result;
}

function field(key: string, value: Buffer, what: string): Partial<PaxRecords> {
	switch (key) {
		case 'path':
		case 'linkpath':
			return { [key]: nameFromBytes(value) };
		case 'size':
		case 'uid':
		case 'gid':
			return { [key]: whole(key, value, what) };
		case 'mtime':
			return { mtimeSeconds: wholeSeconds(Number(value.toString('latin1'))) };
		default:
			return {};
	}
}

/** Returns 0, which is 1970, for earlier times and for what is no time: an initrd holds no others. */
function wholeSeconds(seconds: number): number {
	return Math.min(Math.max(0, Math.floor(seconds)) || 0, Number.MAX_SAFE_INTEGER);
}

function whole(key: string, value: Buffer, what: string): number {
	const digits = value.toString('latin1');
	const result = Number(digits);
	if (/^\d+$/.test(digits) && Number.isSafeInteger(result)) return result;
	throw new SlipwayError('BAD_IMAGE', `${what}: a PAX header has "${digits}" for ${key}.`);
}

function* split(bytes: Buffer, what: string): Generator<[key: string, value: Buffer], void> {
	let rest = bytes;
	while (rest.length > 0) {
		const space = rest.indexOf(0x20);
		const length = Number(rest.toString('latin1', 0, Math.max(space, 0)));
		const equals = rest.indexOf(0x3d, space);
		if (!(length > space && length <= rest.length) || rest[length - 1] !== 0x0a || !(equals < length)) {
			throw new SlipwayError('BAD_IMAGE', `${what}: a PAX header is damaged.`);
		}
		if (space < 1 || equals <= space)
			throw new SlipwayError('BAD_IMAGE', `${what}: a PAX header is damaged.`);
		yield [nameFromBytes(rest.subarray(space + 1, equals)), rest.subarray(equals + 1, length - 1)];
		rest = rest.subarray(length);
	}
}

/** A record to be written. */
export interface PaxRecord {
	readonly key: string;
	readonly value: Uint8Array;
}

/** Returns `LENGTH KEY=VALUE\n` for each record, where LENGTH counts the whole record and its own digits. */
export function encodePaxRecords(records: readonly PaxRecord[]): Buffer {
	return Buffer.concat(records.map(encode));
}

function encode({ key, value }: PaxRecord): Buffer {
	const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
	let length = rest.length;
	while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
	return Buffer.concat([Buffer.from(String(length)), rest]);
}
