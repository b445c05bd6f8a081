// The name and tag of a package's image, without building it: the meaning of `@pkg:` in a YAML file. A recipe of slipway has
// its tag; a package of LinuxKit (with a Dockerfile) has the hash of its directory in git as its tag, as
// `linuxkit pkg show-tag` prints it.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { SlipwayError } from '../errors.ts';
import { runTool } from '../files/run-tool.ts';
import { loadRecipe, recipeReference } from './recipe.ts';

/** Throws a `SlipwayError` when there is no package or its tag is unknown. */
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

/** Returns git's hash of the committed directory, with `-dirty` when it has changes. */
async function treeHash(folder: string): Promise<string> {
	const hash = await runTool('git', ['-C', folder, 'rev-parse', 'HEAD:./']);
	const changes = await runTool('git', ['-C', folder, 'status', '--porcelain', '--', '.']);
	return `${hash.trim()}${changes.trim() === '' ? '' : '-dirty'}`;
}
