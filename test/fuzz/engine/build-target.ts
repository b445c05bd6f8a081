// Bundles a target with all that it imports, and puts counters into the bundle.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { instrument } from './instrument.ts';

export interface BuiltTarget {
	readonly name: string;
	/** An absolute path of an ECMAScript module that exports `target`. */
	readonly script: string;
	readonly counterCount: number;
	/** What mutations insert: the strings of the sources. */
	readonly literals: readonly string[];
}

/** Packages in CommonJS call `require` for Node's own modules, which an ECMAScript module does not have. */
const requireBanner = "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);";

export async function buildTarget(name: string, folder: string): Promise<BuiltTarget> {
	const { outputFiles } = await build({
		entryPoints: [join('test/fuzz/targets', `${name}.ts`)],
		bundle: true,
		write: false,
		platform: 'node',
		format: 'esm',
		target: 'node26',
		charset: 'utf8',
		logLevel: 'error',
		banner: { js: requireBanner },
	});
	const { code, counterCount, literals } = instrument(outputFiles[0]?.text ?? '');
	mkdirSync(folder, { recursive: true });
	const script = join(folder, `${name}.mjs`);
	writeFileSync(script, code);
	return { name, script, counterCount, literals };
}
