// Reads a package's recipe, `build.yml`. recipe-schema.ts has its keys; docs/recipes.md describes the format.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hostProcessor, type Processor } from '../../supervisor/contract/processors.ts';
import { ConfigError } from '../config/config-error.ts';
import { dockerfileAnswer } from '../config/foreign-files.ts';
import { validateYaml } from '../config/validate.ts';
import { SlipwayError } from '../errors.ts';
import type { GivenRecipe, Recipe } from './recipe-content.ts';
import { forProcessor } from './recipe-processor.ts';
import { recipeSchema } from './recipe-schema.ts';
import { withBase, withBusybox, withProgram } from './shorthand.ts';

/**
 * Throws `ConfigError` with every problem and its position.
 *
 * @param processor - the one that the package is built for
 */
export async function loadRecipe(folder: string, processor: Processor = hostProcessor): Promise<Recipe> {
	return forProcessor(await load(folder, []), processor);
}

/** @param users - the folders of the recipes that have this one as a base */
async function load(folder: string, users: readonly string[]): Promise<Recipe> {
	const file = join(folder, 'build.yml');
	const text = await readRecipe(folder, file);
	const { value, problems } = validateYaml(file, text, recipeSchema);
	if (value !== null && isEmpty(value) && hasDockerfile(folder)) throw ofDockerfile(folder);
	if (value === null || problems.length > 0) throw new ConfigError(problems);
	const { base, busybox = [], node, python, ...given } = value;
	const complete = withBusybox(
		{
			org: 'slipway',
			tag: 'v1',
			debian: [],
			copy: [],
			directories: [],
			links: [],
			files: [],
			applets: [],
			...given,
			folder,
			text,
		},
		busybox,
	);
	const recipe = withProgram(withProgram(complete, 'python', python), 'node', node);
	if (base === undefined) return recipe;
	const chain = [...users, resolve(folder)];
	const next = join(folder, base);
	if (chain.includes(resolve(next))) {
		throw new SlipwayError('BAD_RECIPE', `${file}: the base ${base} is based on this recipe itself.`);
	}
	return withBase(await load(next, chain), recipe);
}

async function readRecipe(folder: string, file: string): Promise<string> {
	try {
		return await readFile(file, 'utf8');
	} catch (cause) {
		const { code } = cause as NodeJS.ErrnoException;
		if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause;
		if (hasDockerfile(folder)) throw ofDockerfile(folder);
		throw new SlipwayError(
			'NO_FILE',
			`${folder} has no build.yml. Name the directory of a recipe, for example pkg/redis.`,
			{ cause },
		);
	}
}

/** The keys that put something into the image. */
const contentKeys = [
	'base',
	'from',
	'node',
	'python',
	'busybox',
	'debian',
	'copy',
	'directories',
	'links',
	'files',
	'applets',
	'kernel',
] as const;

/** A `build.yml` of LinuxKit has settings only: the files come from a Dockerfile beside it. */
function isEmpty(recipe: GivenRecipe): boolean {
	return contentKeys.every((key) => recipe[key] === undefined);
}

function hasDockerfile(folder: string): boolean {
	return existsSync(join(folder, 'Dockerfile'));
}

function ofDockerfile(folder: string): SlipwayError {
	return new SlipwayError(
		'BAD_RECIPE',
		`${folder} is a package with a Dockerfile, as LinuxKit and Docker have them. ${dockerfileAnswer}`,
	);
}

export function recipeReference(recipe: Recipe): string {
	return `${recipe.org}/${recipe.image}:${recipe.tag}`;
}
