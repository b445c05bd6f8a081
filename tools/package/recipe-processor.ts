// What a recipe writes in the place of a value that depends on the processor: variables, and entries for one processor alone.
// Pure.

import { hostProcessor, type Processor } from '../../supervisor/contract/processors.ts';
import type { Recipe } from './recipe-content.ts';

/**
 * The variables. `${build}` is the directory of this project's own programs: those for another processor than the machine's
 * are below `build`.
 */
function recipeVariables(processor: Processor): Readonly<Record<string, string>> {
	const { name, triplet, loader, loaderPath } = processor;
	const build = name === hostProcessor.name ? 'build' : `build/${name}`;
	return { arch: name, triplet, loader, interpreter: loaderPath.slice(1), build };
}

/** Returns the recipe without variables. Texts of files and commands are left as they are: their variables are a shell's. */
export function forProcessor(recipe: Recipe, processor: Processor): Recipe {
	const variables = recipeVariables(processor);
	const text = (given: string): string =>
		given.replace(/\$\{(\w+)\}/g, (all, name: string) => variables[name] ?? all);
	const texts = (given: readonly string[]): readonly string[] =>
		given.flatMap((each) => forOne(each, processor.name)).map(text);
	const { kernel, software } = recipe;
	return {
		...recipe,
		debian: recipe.debian.map(({ package: name, take, ...rest }) => ({
			...rest,
			package: text(name),
			...(take === undefined ? {} : { take: texts(take) }),
		})),
		copy: recipe.copy.map(({ from, to }) => ({ from: text(from), to })),
		links: recipe.links.map(({ path, target }) => ({ path: text(path), target: text(target) })),
		...(software === undefined ? {} : { software: text(software) }),
		...(kernel === undefined
			? {}
			: { kernel: { package: text(kernel.package), modules: texts(kernel.modules) } }),
	};
}

/** `name [arch]` is an entry for this processor alone, as in Debian's control files (Debian Policy 7.1). */
function forOne(entry: string, name: string): readonly string[] {
	const [, bare = entry, only = name] = /^(.*\S) +\[([a-z0-9]+)\]$/.exec(entry) ?? [];
	return only === name ? [bare] : [];
}
