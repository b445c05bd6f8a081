// Bundles the dashboard's page, with xterm.js, into build/dashboard: it needs nothing from elsewhere.

import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { pageFilePath } from '../dashboard/page-files.ts';
import { replaceFile } from '../files/replace-file.ts';

/** Writes the files of `pageFiles`. */
export async function buildPage(): Promise<void> {
	const { outputFiles } = await build({
		entryPoints: ['tools/dashboard/page/page.ts', 'tools/dashboard/page/page.css'],
		outdir: dirname(pageFilePath('page.js')),
		bundle: true,
		write: false,
		format: 'esm',
		target: 'es2024',
		minify: true,
		legalComments: 'inline',
		logLevel: 'warning',
	});
	for (const { path, contents } of outputFiles)
		await replaceFile(path, new Set(), (file) => writeFile(file, contents));
}

if (import.meta.main) {
	await buildPage();
	console.log('build/dashboard: built');
}
