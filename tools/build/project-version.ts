// The version of package.json, which is compiled into the executables.

import { readFile } from 'node:fs/promises';

export async function projectVersion(): Promise<string> {
	const manifest: unknown = JSON.parse(await readFile('package.json', 'utf8'));
	return String((manifest as { readonly version?: unknown }).version ?? '0');
}

/** Returns the constant for esbuild's `define`. */
export async function versionConstant(): Promise<Readonly<Record<string, string>>> {
	return { 'process.env.SLIPWAY_VERSION': JSON.stringify(await projectVersion()) };
}
