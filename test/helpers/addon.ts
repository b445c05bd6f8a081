// The real addon for tests, built when it is not up to date.

import { resolve } from 'node:path';
import type { Native } from '../../native/native.ts';
import { openNative } from '../../native/open.ts';
import { buildAddon } from '../../tools/build/build-addon.ts';

export async function addonFile(): Promise<string> {
	const file = resolve(import.meta.dirname, '../../build/native.node');
	await buildAddon(file);
	return file;
}

export async function openAddon(): Promise<Native> {
	return openNative(await addonFile());
}
