// The name and tag of a package's image, without building it: what `@pkg:` in a YAML file stands for. A recipe of ours
// says its tag; a package of LinuxKit (it has a Dockerfile) is tagged with the hash of its folder in git, as
// `linuxkit pkg show-tag` prints it.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { SlipwayError } from '../errors.ts';
import { runTool } from '../files/run-tool.ts';
import { loadRecipe, recipeReference } from './recipe.ts';

/** Throws a `SlipwayError` where there is no package, or no tag can be told. */
export async function packageReference(folder: string): Promise<string> {
	if (!existsSync(join(folder, 'Dockerfile'))) return recipeReference(await loadRecipe(folder));
	const { org = 'linuxkit', image, tag = hashTemplate } = await readLinuxkitRecipe(folder);
	if (image === undefined) throw new SlipwayError('BAD_RECIPE', `${folder}/build.yml names no image.`);
	const isHashed = tag.includes(hashTemplate);
	return `${org}/${image}:${isHashed ? tag.replaceAll(hashTemplate, await treeHash(folder)) : tag}`;
}

const hashTemplate = '{{.Hash}}';

async function readLinuxkitRecipe(folder: string) {
	const file = join(folder, 'build.yml');
	try {
		const value: unknown = parse(await readFile(file, 'utf8'));
		const recipe = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
		const textOf = (key: string): string | undefined =>
			typeof recipe[key] === 'string' ? recipe[key] : undefined;
		return { org: textOf('org'), image: textOf('image'), tag: textOf('tag') };
	} catch (cause) {
		throw new SlipwayError('BAD_RECIPE', `${file} can't be read: ${(cause as Error).message}`, { cause });
	}
}

/** Of the folder as it is committed, with `-dirty` where it has changed since. */
async function treeHash(folder: string): Promise<string> {
	const hash = await runTool('git', ['-C', folder, 'rev-parse', 'HEAD:./']);
	const changes = await runTool('git', ['-C', folder, 'status', '--porcelain', '--', '.']);
	return `${hash.trim()}${changes.trim() === '' ? '' : '-dirty'}`;
}
