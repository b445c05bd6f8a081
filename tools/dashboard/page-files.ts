// The files of the dashboard's page. The executable has them as assets; a run from the sources reads what
// tools/build/build-page.ts has made.

import { readFileSync } from 'node:fs';
import { getAsset, isSea } from 'node:sea';
import { SlipwayError } from '../errors.ts';

/** By the name in the URL. */
export const pageFiles = {
	'page.js': 'text/javascript; charset=utf-8',
	'page.css': 'text/css; charset=utf-8',
} as const;

export type PageFile = keyof typeof pageFiles;

/** Returns the path of the built file in the repository, which is also the name of the executable's asset. */
export function pageFilePath(name: PageFile): string {
	return `build/dashboard/${name}`;
}

export function readPageFile(name: PageFile): string {
	const path = pageFilePath(name);
	if (isSea()) return getAsset(path, 'utf8');
	try {
		return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
	} catch (cause) {
		throw new SlipwayError('NO_FILE', `${path} is missing. Build it with: node tools/build/build-page.ts`, {
			cause,
		});
	}
}

/** @param styleNonce - allows the style elements that xterm.js makes */
export function pageHtml(styleNonce: string): string {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="style-nonce" content="${styleNonce}">
<title>Slipway</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script type="module" src="page.js"></script>
</head>
<body><noscript>This page needs JavaScript.</noscript></body>
</html>
`;
}

/** Returns the Content-Security-Policy of the page: nothing from elsewhere, no inline script, no text that becomes HTML. */
export function contentSecurityPolicy(styleNonce: string): string {
	return [
		"default-src 'none'",
		"script-src 'self'",
		`style-src 'self' 'nonce-${styleNonce}'`,
		// xterm.js sets the colours of single characters by attributes.
		"style-src-attr 'unsafe-inline'",
		"connect-src 'self'",
		'img-src data:',
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	].join('; ');
}
