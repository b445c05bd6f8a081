// The type of a recipe that recipe.ts has read and checked. recipe-schema.ts describes the keys.

import type { ContainerSettings } from '../config/system-config.ts';

export interface Recipe {
	/** The directory of the recipe. */
	readonly folder: string;
	/** The file's text, for the hash of the image's inputs. */
	readonly text: string;
	readonly org: string;
	readonly image: string;
	readonly tag: string;
	readonly config?: ContainerSettings;
	readonly command?: readonly string[];
	readonly env?: readonly string[];
	readonly workdir?: string;
	readonly debian: readonly {
		readonly package: string;
		readonly take: readonly string[];
		readonly join?: readonly { readonly from: string; readonly to: string }[];
		readonly withoutExports?: readonly string[];
	}[];
	readonly copy: readonly { readonly from: string; readonly to: string }[];
	readonly directories: readonly { readonly path: string; readonly mode: string }[];
	readonly links: readonly { readonly path: string; readonly target: string }[];
	readonly files: readonly { readonly path: string; readonly contents: string; readonly mode?: string }[];
	readonly applets: readonly string[];
	readonly software?: string;
	readonly kernel?: { readonly package: string; readonly modules: readonly string[] };
}
