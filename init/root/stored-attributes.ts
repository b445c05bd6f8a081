// Sets the extended attributes that the host stored in a file, because cpio archives can't hold any. Each line of
// /etc/slipway/xattrs.jsonl is an object with `path`, `name` and `value` (base64): supervisor/contract/xattrs-file.ts.

import { existsSync } from 'node:fs';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
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

/** Returns how many it has set. Logs an attribute that can't be set, and goes on. */
export function applyStoredAttributes(native: Pick<Native, 'lsetxattr'>, log: Log): number {
	let count = 0;
	for (const attribute of parseStoredAttributes(readTextOrEmpty(file))) {
		try {
			native.lsetxattr(attribute.path, attribute.name, attribute.value);
			count += 1;
		} catch (error) {
			log.warn({ stage: 'root' }, errorMessage(error));
		}
	}
	return count;
}

/** Leaves out lines of another form. */
export function parseStoredAttributes(text: string): StoredAttribute[] {
	return text.split('\n').flatMap((line) => {
		const value = parseLine(line);
		if (typeof value !== 'object' || value === null) return [];
		const fields = value as { readonly path?: unknown; readonly name?: unknown; readonly value?: unknown };
		if (typeof fields.path !== 'string' || typeof fields.name !== 'string') return [];
		if (typeof fields.value !== 'string') return [];
		const path = fields.path.startsWith('/') ? fields.path : `/${fields.path}`;
		return [{ path, name: fields.name, value: Buffer.from(fields.value, 'base64') }];
	});
}

function parseLine(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return null;
	}
}
