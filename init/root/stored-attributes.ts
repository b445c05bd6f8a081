// Sets the extended attributes that the host stored in a file, because cpio archives can't hold any. Each line of
// /etc/slipway/xattrs.jsonl is an object with `path`, `name` and `value` (base64): supervisor/contract/xattrs-file.ts.

import { existsSync } from 'node:fs';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import { SyscallError } from '../../native/syscall-error.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { parseJson } from '../../native/text/parse-json.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { xattrsFile } from '../../supervisor/contract/xattrs-file.ts';

interface StoredAttribute {
	readonly path: string;
	readonly name: string;
	readonly value: Buffer;
}

const file = `/${xattrsFile}`;

export function hasStoredAttributes(): boolean {
	return existsSync(file);
}

/**
 * Returns how many it has set. A root that can hold none of a name gets one line for all of them, because it may be
 * hundreds of files.
 */
export function applyStoredAttributes(
	native: Pick<Native, 'lsetxattr'>,
	log: Log,
	attributes: readonly StoredAttribute[] = parseStoredAttributes(readTextOrEmpty(file)),
): number {
	const failures = new Map<string, { count: number; readonly first: unknown }>();
	for (const { path, name, value } of attributes) {
		try {
			native.lsetxattr(path, name, value);
		} catch (error) {
			const kind = `${name} ${error instanceof SyscallError ? error.code : ''}`;
			const failure = failures.get(kind) ?? { count: 0, first: error };
			failure.count += 1;
			failures.set(kind, failure);
		}
	}
	let failed = 0;
	for (const { count, first } of failures.values()) {
		failed += count;
		const others = count === 1 ? '' : `; the same with ${count - 1} other files`;
		log.warn({ stage: 'root' }, `${errorMessage(first)}${others}`);
	}
	return attributes.length - failed;
}

/** Leaves out lines of another form. */
export function parseStoredAttributes(text: string): StoredAttribute[] {
	return text.split('\n').flatMap((line) => {
		const value = parseJson(line);
		if (typeof value !== 'object' || value === null) return [];
		const fields = value as { readonly path?: unknown; readonly name?: unknown; readonly value?: unknown };
		if (typeof fields.path !== 'string' || typeof fields.name !== 'string') return [];
		if (typeof fields.value !== 'string') return [];
		const path = fields.path.startsWith('/') ? fields.path : `/${fields.path}`;
		return [{ path, name: fields.name, value: Buffer.from(fields.value, 'base64') }];
	});
}
