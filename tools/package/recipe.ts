// A package's recipe, `build.yml`: LinuxKit's keys (`org`, `image`, `tag`, `config`), and what goes into the image.

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { filePathProblem, octalProblem } from '../config/checks.ts';
import { ConfigError } from '../config/config-error.ts';
import { containerKeys } from '../config/linuxkit-schema.ts';
import { checked, list, type RecordSchema, record, string } from '../config/schema.ts';
import { validateYaml } from '../config/validate.ts';
import { SlipwayError } from '../errors.ts';
import type { Recipe } from './recipe-content.ts';
import { withBase, withBusybox } from './shorthand.ts';

const path = checked(filePathProblem);
const mode = checked(octalProblem);

/** A name in /bin. */
function appletProblem(name: string): string | null {
	return /^[a-z0-9[-]+$/.test(name)
		? null
		: `${JSON.stringify(name)} is not the name of a program of busybox.`;
}

const fromTo: RecordSchema = { ...record({ from: string, to: string }), required: ['from', 'to'] };

const recipeSchema: RecordSchema = {
	...record({
		org: string,
		image: string,
		tag: string,
		base: string,
		busybox: list(checked(appletProblem)),
		config: record(containerKeys),
		command: list(string),
		env: list(string),
		workdir: string,
		debian: list({
			...record({ package: string, take: list(string), join: list(fromTo), withoutExports: list(path) }),
			required: ['package', 'take'],
		}),
		copy: list(fromTo),
		directories: list({ ...record({ path, mode }), required: ['path', 'mode'] }),
		links: list({ ...record({ path, target: string }), required: ['path', 'target'] }),
		files: list({ ...record({ path, contents: string, mode }), required: ['path', 'contents'] }),
		applets: list(path),
		software: string,
		kernel: { ...record({ package: string, modules: list(string) }), required: ['package', 'modules'] },
	}),
	required: ['image'],
};

/** What is written, and the keys that stand for others. */
type GivenRecipe = Partial<Recipe> &
	Pick<Recipe, 'image'> & {
		/** The folder of a recipe of which this one has all, its container's defaults too. */
		readonly base?: string;
		/** The programs of busybox that the image has in /bin. */
		readonly busybox?: readonly string[];
	};

/** Throws `ConfigError` with every problem and its place. */
export async function loadRecipe(folder: string): Promise<Recipe> {
	return await load(folder, []);
}

/** @param users - the folders of the recipes that this one is a base of */
async function load(folder: string, users: readonly string[]): Promise<Recipe> {
	const file = join(folder, 'build.yml');
	const text = await readRecipe(folder, file);
	const { value, problems } = validateYaml(file, text, recipeSchema);
	if (problems.length > 0) throw new ConfigError(problems);
	const { base, busybox = [], ...given } = value as GivenRecipe;
	const recipe = withBusybox(
		{
			...{
				org: 'slipway',
				tag: 'v1',
				debian: [],
				copy: [],
				directories: [],
				links: [],
				files: [],
				applets: [],
			},
			...given,
			folder,
			text,
		},
		busybox,
	);
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
		throw new SlipwayError(
			'NO_RECIPE',
			`${folder} has no build.yml. Name the folder of a recipe, for example pkg/redis.`,
			{ cause },
		);
	}
}

export function recipeReference(recipe: Recipe): string {
	return `${recipe.org}/${recipe.image}:${recipe.tag}`;
}
