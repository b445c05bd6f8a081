// The version of package.json, which the executables are told when they are built.

import { readFile } from 'node:fs/promises';

export async function projectVersion(): Promise<string> {
	const manifest: unknown = JSON.parse(await readFile('package.json', 'utf8'));
	return String((manifest as { readonly version?: unknown }).version ?? '0');
}

/** For esbuild's `define`. */
export async function versionConstant(): Promise<Readonly<Record<string, string>>> {
	return { 'process.env.SLIPWAY_VERSION': JSON.stringify(await projectVersion()) };
}
