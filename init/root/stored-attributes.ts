// Extended attributes that the packer stored in a file, because cpio archives can't carry any: each line of
// /etc/slipway/xattrs.jsonl is {"path", "name", "value" in base64}.

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

/** Returns how many were set. One that can't be set is told, and the rest go on. */
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

/** Lines that are not ours are left out. */
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
