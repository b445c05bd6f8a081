// The error for what a recipe asks for and cannot have, at the place in the recipe where it is asked for.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNode, isScalar, LineCounter, visit } from 'yaml';
import { ConfigError } from '../config/config-error.ts';
import { parseYaml } from '../config/parse-yaml.ts';
import { SlipwayError } from '../errors.ts';
import type { Recipe } from './recipe-content.ts';

/**
 * Returns an error with line and caret; without them when another recipe, the base of this one, has the text.
 *
 * @param section - the key at the top of the recipe, such as `debian`
 * @param text - the value below that key
 */
export function recipeError(
	{ folder }: Recipe,
	section: string,
	text: string,
	message: string,
): SlipwayError {
	const file = join(folder, 'build.yml');
	const source = readFileSync(file, 'utf8');
	const lines = new LineCounter();
	const part = parseYaml(source, lines).get(section, true);
	let offset: number | null = null;
	if (isNode(part)) {
		visit(part, {
			Scalar(key, node) {
				if (key === 'key' || !isScalar(node) || node.value !== text) return undefined;
				offset = node.range?.[0] ?? null;
				return visit.BREAK;
			},
		});
	}
	if (offset === null) return new SlipwayError('BAD_RECIPE', `${file}: ${message}`);
	const { line, col } = lines.linePos(offset);
	const excerpt = source.split('\n')[line - 1] ?? '';
	const { message: placed } = new ConfigError([{ at: { file, line, column: col }, message, excerpt }]);
	return new SlipwayError('BAD_RECIPE', placed);
}

/** Runs what works for a text of the recipe. What it throws about the recipe gets the text's place. */
export async function placed<T>(
	recipe: Recipe,
	section: string,
	text: string,
	work: () => T | Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof SlipwayError) || error.code !== 'BAD_RECIPE') throw error;
		throw recipeError(recipe, section, text, error.message);
	}
}
