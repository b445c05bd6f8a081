import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { withRecipeReference } from '../../../../tools/build/recipe-reference.ts';
import { loadRecipe } from '../../../../tools/package/recipe.ts';
import { projectFolder } from '../package/made-up-debian.ts';

const document = readFileSync('docs/recipes.md', 'utf8');

test('docs/recipes.md is up to date; otherwise run "node tools/build/recipe-reference.ts"', (t) => {
	t.is(document, withRecipeReference(document));
});

test('withRecipeReference() needs a place for the list', (t) => {
	t.throws(() => withRecipeReference('# Recipes\n'), { message: /no place for the generated list/ });
});

test('the example of docs/recipes.md is a recipe', async (t) => {
	const [, example = ''] = /```yaml\n(.*?)```/s.exec(document) ?? [];
	const recipe = await loadRecipe(join(projectFolder(t, { 'build.yml': example })));
	t.is(recipe.image, 'web');
});
