// Which test files run at once: a file that needs the machine for itself says so, and why, in a line `// Runs alone: REASON`.

import { readFileSync } from 'node:fs';

const marker = /^\/\/ Runs alone: \S/m;

/** @param light - the only files that may run at once, in the order in which they begin */
export function separateAlone(
	files: readonly string[],
	light: readonly string[] = files,
	textOf: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): { readonly alone: readonly string[]; readonly together: readonly string[] } {
	const together = light.filter((file) => files.includes(file) && !marker.test(textOf(file)));
	return { alone: files.filter((file) => !together.includes(file)), together };
}
