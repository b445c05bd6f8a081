// The recipe of an image that is in no store yet: the directory of its name beside the YAML file, as "slipway new --from node" writes it.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Returns the directory of the recipe, relative as `yamlFile` is; null when there is none. */
export function recipeBeside(yamlFile: string, image: string): string | null {
	const [, name] = /^(?:.*\/)?([^/:@]+)(?::[^/]*)?(?:@.*)?$/.exec(image) ?? [];
	if (name === undefined || name === '.' || name === '..') return null;
	const folder = join(dirname(yamlFile), name);
	return existsSync(join(folder, 'build.yml')) ? folder : null;
}
