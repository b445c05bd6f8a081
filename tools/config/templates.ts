// Resolves templates of images: `@pkg:PATH` names the image of the package in that directory. The path is relative to the
// directory of the YAML file (LinuxKit's docs/yaml.md, "Templates").

import { dirname, resolve } from 'node:path';
import { templatePrefix } from './checks.ts';
import { ConfigError, type Problem } from './config-error.ts';
import type { Position } from './position.ts';
import { type ConfigSource, standardInputName } from './read-sources.ts';
import type { SystemConfig } from './system-config.ts';

/**
 * Replaces every template by the name of its image. Throws `ConfigError` with all templates that could not be resolved.
 *
 * @param packageReference - returns the name of the package in a directory; its error becomes the reason
 */
export async function resolveTemplates(
	config: SystemConfig,
	sources: readonly ConfigSource[],
	packageReference: (folder: string) => Promise<string>,
): Promise<SystemConfig> {
	const problems: Problem[] = [];

	async function resolved<T extends { readonly image?: string; readonly at: Position }>(use: T): Promise<T> {
		const { image, at } = use;
		if (image?.startsWith(templatePrefix) !== true) return use;
		try {
			if (at.file === standardInputName)
				throw new Error('standard input has no directory that the path could start from.');
			const folder = resolve(dirname(at.file), image.slice(templatePrefix.length));
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
