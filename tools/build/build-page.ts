// Bundles the dashboard's page, with xterm.js, into build/dashboard: it needs nothing from elsewhere.

import { dirname } from 'node:path';
import { build } from 'esbuild';
import { pageFilePath } from '../dashboard/page-files.ts';

/** Writes the files of `pageFiles`. */
export async function buildPage(): Promise<void> {
	await build({
		entryPoints: ['tools/dashboard/page/page.ts', 'tools/dashboard/page/page.css'],
		outdir: dirname(pageFilePath('page.js')),
		bundle: true,
		format: 'esm',
		target: 'es2024',
		minify: true,
		legalComments: 'inline',
		logLevel: 'warning',
	});
}

if (import.meta.main) {
	await buildPage();
	console.log('build/dashboard: built');
}
