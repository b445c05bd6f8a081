// Which files and directories a system is made of, for `slipway dev`.

import { dirname, resolve } from 'node:path';
import { templatePrefix } from '../config/checks.ts';
import type { ConfigSource } from '../config/read-sources.ts';
import type { SystemConfig } from '../config/system-config.ts';
import { sourcePath } from '../files/home-folder.ts';

/** Returns the directories of the packages that the YAML files name by `@pkg:PATH`. */
export function packageFolders(sources: readonly ConfigSource[]): string[] {
	const found = sources.flatMap(({ name, text }) =>
		[...text.matchAll(new RegExp(`${templatePrefix}([^\\s"',\\]}]+)`, 'g'))].map(([, path = '']) =>
			resolve(dirname(name), path),
		),
	);
	return [...new Set(found)];
}

/** Returns the files that `files:` takes from the host. */
export function sourceFiles(config: SystemConfig): string[] {
	return config.files.flatMap(({ source = '' }) => {
		if (source === '') return [];
		return [sourcePath(source)];
	});
}
