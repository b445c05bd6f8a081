// The type of a recipe that recipe.ts has read and checked. Its shape follows from recipe-schema.ts.

import type { ValueOf } from '../config/schema.ts';
import type { recipeSchema } from './recipe-schema.ts';

/** The keys as written, those that stand for others included. */
export type GivenRecipe = ValueOf<typeof recipeSchema>;

/** The keys that have a default. */
type Completed = 'org' | 'tag' | 'debian' | 'copy' | 'directories' | 'links' | 'files' | 'applets';

/** The recipe with its defaults, its base and what its shorthands stand for. */
export type Recipe = Omit<GivenRecipe, Completed | 'base' | 'busybox' | 'node' | 'python'> &
	Required<Pick<GivenRecipe, Completed>> & {
		/** The directory of the recipe. */
		readonly folder: string;
		/** The file's text, for the hash of the image's inputs. */
		readonly text: string;
	};
