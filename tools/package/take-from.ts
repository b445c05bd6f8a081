// Adds to an image what a recipe takes from a Debian package.

import { readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { SlipwayError } from '../errors.ts';
import type { DebianTree } from './debian-tree.ts';
import type { PackageFiles } from './package-files.ts';

/** @param line - a path, a glob, or PATH:PATH-IN-THE-IMAGE */
export function takeFrom(tree: DebianTree, line: string, files: PackageFiles): void {
	const [pattern = '', renamed] = line.split(':').map(withoutSlash);
	let matched = 0;
	for (const [path, entry] of tree.entries) {
		const below = path === pattern || path.startsWith(`${pattern}/`);
		if (!below && (renamed !== undefined || !matchesGlob(path, pattern))) continue;
		files.addPackaged(renamed === undefined ? path : `${renamed}${path.slice(pattern.length)}`, entry);
		matched++;
	}
	if (matched === 0) throw nothingMatches(tree, pattern);
}

/** Joins text files in the order of their paths; each gets an end to its last line. */
export function joinFrom(tree: DebianTree, glob: string, to: string, files: PackageFiles): void {
	const pattern = withoutSlash(glob);
	const texts = [...tree.entries]
		.filter(([path]) => matchesGlob(path, pattern))
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.flatMap(([, { source }]) => (source === null ? [] : [readFileSync(source, 'utf8')]));
	if (texts.length === 0) throw nothingMatches(tree, pattern);
	files.addText(to, texts.map((text) => text.replace(/\n*$/, '\n')).join(''), 0o644);
}

function withoutSlash(path: string): string {
	return path.replace(/^\//, '');
}

function nothingMatches(tree: DebianTree, pattern: string): SlipwayError {
	return new SlipwayError(
		'BAD_RECIPE',
		`The Debian package ${tree.packageName} has nothing that matches /${pattern}. ` +
			`"dpkg-deb --contents" of the package lists what it has.`,
	);
}
