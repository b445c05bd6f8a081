// Which test files run at once: a file that needs the machine for itself says so, and why, in a line `// Runs alone: REASON`.

import { readFileSync } from 'node:fs';

const marker = /^\/\/ Runs alone: \S/m;

export function separateAlone(
	files: readonly string[],
	textOf: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): { readonly alone: readonly string[]; readonly together: readonly string[] } {
	const alone = files.filter((file) => marker.test(textOf(file)));
	return { alone, together: files.filter((file) => !alone.includes(file)) };
}
