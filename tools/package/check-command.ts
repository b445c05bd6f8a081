// Checks that an image has the program that its recipe runs, before the image is stored.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter } from 'yaml';
import { nearestName } from '../../native/text/nearest-name.ts';
import { defaultPath } from '../../supervisor/contract/layout.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseYaml } from '../config/parse-yaml.ts';
import type { PackageFiles } from './package-files.ts';
import type { Recipe } from './recipe-content.ts';

/** Throws a `ConfigError` at the command of the recipe. An image on a base has more files than `files`, and is not checked. */
export function checkCommand(recipe: Recipe, files: PackageFiles): void {
	const [program] = recipe.command ?? [];
	if (program === undefined || recipe.from !== undefined || recipe.kernel !== undefined) return;
	const problem = programProblem(program, recipe, files);
	if (problem === null) return;
	const file = join(recipe.folder, 'build.yml');
	const text = readFileSync(file, 'utf8');
	const { line, column } = placeOfCommand(text);
	const excerpt = text.split('\n')[line - 1] ?? '';
	throw new ConfigError([{ at: { file, line, column }, message: `command: ${problem}`, excerpt }]);
}

function programProblem(program: string, recipe: Recipe, files: PackageFiles): string | null {
	const isApplet = (path: string): boolean =>
		recipe.applets.some((each) => join('/', each) === join('/', path));
	const isThere = (path: string): boolean =>
		isApplet(path) || files.resolve(path)?.kind === 'file' || isMounted(path, recipe);
	if (program.includes('/')) {
		const path = join('/', recipe.workdir ?? '', program.startsWith('/') ? `/${program}` : program);
		const absolute = program.startsWith('/') ? program : path;
		if (isThere(absolute)) return executableProblem(absolute, isApplet(absolute), files);
		const near = nearestName(absolute, files.programs());
		return `the image has no ${absolute}. ${near === null ? 'Take it by "debian", "copy" or "files".' : `Did you mean ${near}?`}`;
	}
	const folders = (
		recipe.env?.find((each) => each.startsWith('PATH='))?.slice('PATH='.length) ?? defaultPath
	).split(':');
	if (folders.some((folder) => isThere(`${folder}/${program}`))) return null;
	const near = nearestName(
		program,
		files.programs().map((path) => path.slice(path.lastIndexOf('/') + 1)),
	);
	return `the image has no ${program} in ${folders.join(', ')}. ${near === null ? 'Take it by "debian", "copy" or "files".' : `Did you mean ${near}?`}`;
}

function executableProblem(path: string, isApplet: boolean, files: PackageFiles): string | null {
	const entry = files.resolve(path);
	if (isApplet || entry === null || (entry.mode & 0o111) !== 0) return null;
	return `${path} is not executable. Give the file of "files" the mode "0755", or chmod +x the file of "copy".`;
}

/** A bind or mount of the container can bring the program. */
function isMounted(path: string, { config = {} }: Recipe): boolean {
	const binds = [...(config.binds ?? []), ...(config['binds.add'] ?? [])].map(
		(bind) => bind.split(':')[1] ?? '',
	);
	const places = [...binds, ...(config.mounts ?? []).map(({ destination = '' }) => destination)];
	return places.some(
		(place) => place !== '' && (path === place || path.startsWith(`${place.replace(/\/$/, '')}/`)),
	);
}

/** Returns where the program of `command` stands in the text of a recipe; the beginning when its base has the command. */
function placeOfCommand(text: string): { readonly line: number; readonly column: number } {
	const lines = new LineCounter();
	const node = parseYaml(text, lines).getIn(['command', 0], true) as
		| { readonly range?: readonly number[] }
		| undefined;
	const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
	return { line: Math.max(line, 1), column: Math.max(col, 1) };
}
