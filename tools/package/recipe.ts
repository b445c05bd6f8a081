// A package's recipe, `build.yml`: LinuxKit's keys (`org`, `image`, `tag`, `config`), and what goes into the image.

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { filePathProblem, octalProblem } from '../config/checks.ts';
import { ConfigError } from '../config/config-error.ts';
import { containerKeys } from '../config/linuxkit-schema.ts';
import { checked, list, type RecordSchema, record, string } from '../config/schema.ts';
import type { ContainerSettings } from '../config/system-config.ts';
import { validateYaml } from '../config/validate.ts';
import { withBase, withBusybox } from './shorthand.ts';

export interface Recipe {
	/** The folder of the recipe. */
	readonly folder: string;
	/** The file's text, for the hash of what the image depends on. */
	readonly text: string;
	readonly org: string;
	readonly image: string;
	readonly tag: string;
	/** The container's defaults: the label `org.mobyproject.config`. */
	readonly config?: ContainerSettings;
	readonly command?: readonly string[];
	readonly env?: readonly string[];
	readonly workdir?: string;
	/**
	 * Debian packages, and what of each goes into the image: a path, a glob, or PATH:PATH-IN-THE-IMAGE. The libraries
	 * that a program needs come along, from whichever package it depends on.
	 */
	readonly debian: readonly {
		readonly package: string;
		readonly take: readonly string[];
		/** Text files (a glob) that become one: no maintainer script runs that would do so. */
		readonly join?: readonly { readonly from: string; readonly to: string }[];
		/** Go programs whose exported functions no plugin will look up: they become smaller. */
		readonly withoutExports?: readonly string[];
	}[];
	/** Files and folders beside the recipe (or elsewhere in the project). */
	readonly copy: readonly { readonly from: string; readonly to: string }[];
	readonly directories: readonly { readonly path: string; readonly mode: string }[];
	readonly links: readonly { readonly path: string; readonly target: string }[];
	readonly files: readonly { readonly path: string; readonly contents: string; readonly mode?: string }[];
	/**
	 * Programs that are applets of PID 1's executable (pkg/applets.ts), by their path in the image. It is bound there
	 * when the container starts; the image has only the place for it.
	 */
	readonly applets: readonly string[];
	/** A JSON file that lists what the copied files were made of: the label `org.slipway.software`. */
	readonly software?: string;
	/** Only for a kernel: the Debian package, and its modules by name or folder. */
	readonly kernel?: { readonly package: string; readonly modules: readonly string[] };
}

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
