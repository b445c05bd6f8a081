// Images that are named by a template: `@pkg:PATH` means the image that the package in that folder is built as. The
// path is relative to the folder of the YAML file (LinuxKit's docs/yaml.md, "Templates").

import { dirname, resolve } from 'node:path';
import { ConfigError, type Problem } from './config-error.ts';
import type { Position } from './position.ts';
import { type ConfigSource, standardInputName } from './read-sources.ts';
import type { SystemConfig } from './system-config.ts';

const prefix = '@pkg:';

/** What is wrong with a template as such, or null. */
export function templateProblem(image: string): string | null {
	if (!image.startsWith('@')) return null;
	if (!image.startsWith(prefix)) return `"${image}" is not a template. Expected @pkg:PATH.`;
	return image === prefix ? '"@pkg:" needs the folder of a package, such as "@pkg:../pkg/init".' : null;
}

/**
 * The configuration with names in the place of templates. Throws `ConfigError` with all that could not be resolved.
 *
 * @param packageReference - of the package in a folder; what it throws is the reason
 */
export async function resolveTemplates(
	config: SystemConfig,
	sources: readonly ConfigSource[],
	packageReference: (folder: string) => Promise<string>,
): Promise<SystemConfig> {
	const problems: Problem[] = [];

	async function resolved<T extends { readonly image?: string; readonly at: Position }>(use: T): Promise<T> {
		const { image, at } = use;
		if (image?.startsWith(prefix) !== true) return use;
		try {
			if (at.file === standardInputName) throw new Error('the standard input has no folder to start from.');
			const folder = resolve(dirname(at.file), image.slice(prefix.length));
			return { ...use, image: await packageReference(folder) };
		} catch (error) {
			const text = sources.find((source) => source.name === at.file)?.text ?? '';
			const message = `${image}: ${(error as Error).message}`;
			problems.push({ at, message, excerpt: text.split('\n')[at.line - 1] ?? '' });
			return use;
		}
	}

	const all = async <T extends { readonly image?: string; readonly at: Position }>(uses: readonly T[]) =>
		await Promise.all(uses.map(resolved));
	const { kernel } = config;
	const result = {
		...config,
		kernel: kernel === null ? null : await resolved(kernel),
		init: await all(config.init),
		onboot: await all(config.onboot),
		onshutdown: await all(config.onshutdown),
		services: await all(config.services),
		volumes: await all(config.volumes),
	};
	if (problems.length > 0) throw new ConfigError(problems);
	return result;
}
