// The two keys of a recipe that stand for others: `base`, all that another recipe has, and `busybox`, the small
// programs that Debian's busybox is by many names. Pure.

import { join, relative } from 'node:path';
import type { ContainerSettings } from '../config/system-config.ts';
import type { Recipe } from './recipe-content.ts';

/** What a recipe says, but for the keys that stand for others; what it leaves out is empty. */
export type Content = Pick<Recipe, 'debian' | 'copy' | 'directories' | 'links' | 'files'>;

/** @param applets - such as `sh`, each a link in /bin */
export function withBusybox<T extends Content>(recipe: T, applets: readonly string[]): T {
	if (applets.length === 0) return recipe;
	return {
		...recipe,
		debian: [...recipe.debian, { package: 'busybox-static', take: ['/bin/busybox'] }],
		links: [...recipe.links, ...applets.map((name) => ({ path: `bin/${name}`, target: 'busybox' }))],
	};
}

/**
 * A recipe that begins where `base` ends: its lists go on, its other keys take the place of the base's, those of
 * `config` one by one (`binds.add` adds to the base's binds). A later file takes the place of an earlier one.
 */
export function withBase(base: Recipe, recipe: Recipe): Recipe {
	const fromBase = relative(recipe.folder, base.folder);
	return {
		...base,
		...recipe,
		// Both texts, for the hash of what the image depends on.
		text: `${base.text}\n${recipe.text}`,
		config: withSettings(base.config ?? {}, recipe.config ?? {}),
		debian: [...base.debian, ...recipe.debian],
		copy: [...base.copy.map(({ from, to }) => ({ from: join(fromBase, from), to })), ...recipe.copy],
		directories: [...base.directories, ...recipe.directories],
		links: [...base.links, ...recipe.links],
		files: [...base.files, ...recipe.files],
		applets: [...base.applets, ...recipe.applets],
	};
}

function withSettings(base: ContainerSettings, settings: ContainerSettings): ContainerSettings {
	const { 'binds.add': added = [], ...rest } = settings;
	return { ...base, ...rest, ...(added.length === 0 ? {} : { binds: [...(base.binds ?? []), ...added] }) };
}
