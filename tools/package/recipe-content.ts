// A package's recipe as the other files of this folder see it, once `recipe.ts` has read and checked it.

import type { ContainerSettings } from '../config/system-config.ts';

export interface Recipe {
	/** The folder of the recipe. */
	readonly folder: string;
	/** The file's text, for the hash of what the image depends on. */
	readonly text: string;
	readonly org: string;
	readonly image: string;
	readonly tag: string;
	/** The container's defaults: the label `org.mobyproject.config`. */
	readonly config?: ContainerSettings;
	readonly command?: readonly string[];
	readonly env?: readonly string[];
	readonly workdir?: string;
	/**
	 * Debian packages, and what of each goes into the image: a path, a glob, or PATH:PATH-IN-THE-IMAGE. The libraries
	 * that a program needs come along, from whichever package it depends on.
	 */
	readonly debian: readonly {
		readonly package: string;
		readonly take: readonly string[];
		/** Text files (a glob) that become one: no maintainer script runs that would do so. */
		readonly join?: readonly { readonly from: string; readonly to: string }[];
		/** Go programs whose exported functions no plugin will look up: they become smaller. */
		readonly withoutExports?: readonly string[];
	}[];
	/** Files and folders beside the recipe (or elsewhere in the project). */
	readonly copy: readonly { readonly from: string; readonly to: string }[];
	readonly directories: readonly { readonly path: string; readonly mode: string }[];
	readonly links: readonly { readonly path: string; readonly target: string }[];
	readonly files: readonly { readonly path: string; readonly contents: string; readonly mode?: string }[];
	/**
	 * Programs that are applets of PID 1's executable (pkg/applets.ts), by their path in the image. It is bound there
	 * when the container starts; the image has only the place for it.
	 */
	readonly applets: readonly string[];
	/** A JSON file that lists what the copied files were made of: the label `org.slipway.software`. */
	readonly software?: string;
	/** Only for a kernel: the Debian package, and its modules by name or folder. */
	readonly kernel?: { readonly package: string; readonly modules: readonly string[] };
}
