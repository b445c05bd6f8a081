// Reads and writes PAX extended headers (pax(1), "pax Header Block"): a sequence of `LENGTH KEY=VALUE\n`. Values are bytes,
// because those of extended attributes are binary (`security.capability`).

import { linkTargetFromBytes, nameFromBytes, pathFromBytes } from './name-bytes.ts';
import { SlipwayError } from './slipway-error.ts';

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

/** The kernel's limits of extended attributes: XATTR_SIZE_MAX, XATTR_NAME_MAX and XATTR_LIST_MAX (include/uapi/linux/limits.h). */
const maxXattrBytes = 65536;
const maxXattrNameBytes = 255;
const maxXattrListBytes = 65536;

/**
 * Returns `before`, overridden by the records of one extended header. Throws for a path or an attribute that Linux can't
 * have.
 *
 * @param where - names the archive and the entry
 */
export function addPaxRecords(before: PaxRecords, bytes: Buffer, where: string): PaxRecords {
	const xattrs = new Map<string, Uint8Array>();
	const sparse: [key: string, value: string][] = [];
	const fields: { -readonly [Key in keyof PaxRecords]?: PaxRecords[Key] } = {};
	for (const [key, value] of split(bytes, where)) {
		if (key.startsWith(xattrPrefix)) addXattr(xattrs, key.slice(xattrPrefix.length), value, where);
		else if (key.startsWith(sparsePrefix)) {
			const part = key.slice(sparsePrefix.length);
			sparse.push([part, part === 'name' ? pathFromBytes(value, where) : value.toString('latin1')]);
		}
		// An empty value deletes the key (pax(1)).
		else if (value.length > 0) Object.assign(fields, field(key, value, where));
	}
	const all = xattrs.size === 0 ? before.xattrs : new Map([...before.xattrs, ...xattrs]);
	checkXattrList(all, where);
	return { ...before, ...fields, sparse: [...before.sparse, ...sparse], xattrs: all };
}

function addXattr(xattrs: Map<string, Uint8Array>, name: string, value: Buffer, where: string): void {
	if (value.length > maxXattrBytes) {
		throw new SlipwayError(
			'BAD_IMAGE',
			`${where} has an extended attribute of ${value.length} bytes, but Linux allows ${maxXattrBytes}.`,
		);
	}
	if (Buffer.byteLength(name) > maxXattrNameBytes) {
		throw new SlipwayError(
			'BAD_IMAGE',
			`${where} has an extended attribute with a name of more than ${maxXattrNameBytes} bytes.`,
		);
	}
	// A copy of its own, because a part of the header would keep the whole header in memory.
	xattrs.set(name, new Uint8Array(value));
}

function checkXattrList(xattrs: ReadonlyMap<string, Uint8Array>, where: string): void {
	let bytes = 0;
	for (const name of xattrs.keys()) bytes += Buffer.byteLength(name) + 1;
	if (bytes <= maxXattrListBytes) return;
	throw new SlipwayError(
		'BAD_IMAGE',
		`${where} has extended attributes with ${bytes} bytes of names, but Linux allows ${maxXattrListBytes}.`,
	);
}

/** Longer numbers are cut, and then too large. */
const maxNumberBytes = 100;

function field(key: string, value: Buffer, where: string): Partial<PaxRecords> {
	switch (key) {
		case 'path':
			return { path: pathFromBytes(value, where) };
		case 'linkpath':
			return { linkpath: linkTargetFromBytes(value, where) };
		case 'size':
		case 'uid':
		case 'gid':
			return { [key]: whole(key, value, where) };
		case 'mtime':
			return { mtimeSeconds: wholeSeconds(Number(value.toString('latin1', 0, maxNumberBytes))) };
		default:
			return {};
	}
}

/** Returns 0, which is 1970, for earlier times and for what is no time: an initrd holds no others. */
function wholeSeconds(seconds: number): number {
	return Math.min(Math.max(0, Math.floor(seconds)) || 0, Number.MAX_SAFE_INTEGER);
}

function whole(key: string, value: Buffer, where: string): number {
	const digits = value.toString('latin1', 0, maxNumberBytes);
	const result = Number(digits);
	if (/^\d+$/.test(digits) && Number.isSafeInteger(result)) return result;
	throw new SlipwayError('BAD_IMAGE', `${where}: a PAX header has "${digits}" for ${key}.`);
}

function* split(bytes: Buffer, where: string): Generator<[key: string, value: Buffer], void> {
	for (let at = 0; at < bytes.length; ) {
		const digits = /^([0-9]+) /.exec(bytes.toString('latin1', at, at + maxLengthDigits + 1))?.[1] ?? '';
		const end = at + Number(digits);
		const keyAt = at + digits.length + 1;
		const isWhole = digits !== '' && end > keyAt && end <= bytes.length && bytes[end - 1] === 0x0a;
		const record = isWhole ? bytes.subarray(keyAt, end - 1) : Buffer.alloc(0);
		const equals = record.indexOf(0x3d);
		if (equals < 1) throw new SlipwayError('BAD_IMAGE', `${where}: a PAX header is damaged.`);
		yield [nameFromBytes(record.subarray(0, equals)), record.subarray(equals + 1)];
		at = end;
	}
}

/** The digits of the length of the largest record. */
const maxLengthDigits = 10;

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
