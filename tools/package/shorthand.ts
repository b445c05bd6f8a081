// Expands the keys of a recipe that stand for others: `base`, the contents of another recipe, `busybox`, the names of programs of
// Debian's busybox, and `node` and `python`, programs in these languages. Pure.

import { join, relative } from 'node:path';
import type { ContainerSettings } from '../config/system-config.ts';
import type { Recipe } from './recipe-content.ts';

/** The lists of a recipe that `busybox` adds to; an absent list is empty. */
type Content = Pick<Recipe, 'debian' | 'copy' | 'directories' | 'links' | 'files'>;

/** @param applets - names such as `sh`, each of which becomes a link in /bin */
export function withBusybox<T extends Content>(recipe: T, applets: readonly string[]): T {
	if (applets.length === 0) return recipe;
	return {
		...recipe,
		debian: [...recipe.debian, { package: 'busybox-static', take: ['/bin/busybox'] }],
		links: [...recipe.links, ...applets.map((name) => ({ path: `bin/${name}`, target: 'busybox' }))],
	};
}

interface Program {
	/** A directory, relative to the recipe. */
	readonly from: string;
	/** The path of the file in it. */
	readonly main: string;
}

const runners = {
	node: { package: 'nodejs', path: '/usr/bin/node' },
	python: { package: 'python3', path: '/usr/bin/python3' },
} as const;

const programFolder = '/app';

/** Adds a program, and the Debian package that runs it with all that it depends on. The recipe's own command counts first. */
export function withProgram<T extends Content & Pick<Recipe, 'command' | 'workdir'>>(
	recipe: T,
	language: keyof typeof runners,
	program: Program | undefined,
): T {
	if (program === undefined) return recipe;
	const runner = runners[language];
	return {
		...recipe,
		debian: [{ package: runner.package, dependencies: true }, ...recipe.debian],
		copy: [{ from: program.from, to: programFolder }, ...recipe.copy],
		command: recipe.command ?? [runner.path, join(programFolder, program.main)],
		workdir: recipe.workdir ?? programFolder,
	};
}

/**
 * Adds a recipe to its base: lists are joined, other keys replace those of the base, those of `config` one by one
 * (`binds.add` adds to the base's binds), and the modules of `kernel` are joined. A later file replaces an earlier one.
 */
export function withBase(base: Recipe, recipe: Recipe): Recipe {
	const fromBase = relative(recipe.folder, base.folder);
	return {
		...base,
		...recipe,
		// Both texts count for the hash of the inputs.
		text: `${base.text}\n${recipe.text}`,
		config: withSettings(base.config ?? {}, recipe.config ?? {}),
		...withModules(base.kernel, recipe.kernel),
		debian: [...base.debian, ...recipe.debian],
		copy: [...base.copy.map(({ from, to }) => ({ from: join(fromBase, from), to })), ...recipe.copy],
		directories: [...base.directories, ...recipe.directories],
		links: [...base.links, ...recipe.links],
		files: [...base.files, ...recipe.files],
		applets: [...base.applets, ...recipe.applets],
	};
}

/** Joins the lists of modules, so that a kernel package can be another one with more modules or of another Debian package. */
function withModules(base: Recipe['kernel'], own: Recipe['kernel']): Pick<Recipe, 'kernel'> {
	if (base === undefined || own === undefined) return {};
	return { kernel: { ...own, modules: [...base.modules, ...own.modules] } };
}

function withSettings(base: ContainerSettings, settings: ContainerSettings): ContainerSettings {
	const { 'binds.add': added = [], ...rest } = settings;
	return { ...base, ...rest, ...(added.length === 0 ? {} : { binds: [...(base.binds ?? []), ...added] }) };
}
