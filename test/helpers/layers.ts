// The layers of docs/architecture.md, the imports that go against them, and exports without an importer. Pure.

import { dirname, join, normalize } from 'node:path';

/** A file and the files of this repository that it imports, all as paths from the root. */
export interface ImportingFile {
	readonly file: string;
	readonly imports: readonly string[];
}

export interface Architecture {
	/** Patterns of files, the lowest layer first: a folder, a file, or `FOLDER/*.ts` for the files of a folder itself. */
	readonly layers: readonly (readonly string[])[];
	/** For each top folder, the folders and files that it may import. */
	readonly openings: ReadonlyMap<string, readonly string[]>;
}

/** Reads the two fenced blocks `layers` and `openings`. */
export function readArchitecture(markdown: string): Architecture {
	const openings = block(markdown, 'openings').map((line) => {
		const [folder = '', rest = ''] = line.split(': ');
		return [folder, rest.split(' ')] as const;
	});
	return { layers: block(markdown, 'layers').map((line) => line.split(' ')), openings: new Map(openings) };
}

function block(markdown: string, name: string): string[] {
	const text = new RegExp(`^\`\`\`${name}\n(.*?)^\`\`\`$`, 'ms').exec(markdown)?.[1];
	if (text === undefined) throw new Error(`docs/architecture.md has no block ${name}`);
	return text.trim().split('\n');
}

/** A sentence for each import that goes up, sideways or out; empty where all go down. */
export function wrongImports({ layers, openings }: Architecture, files: readonly ImportingFile[]): string[] {
	const rooms = layers.flatMap((names, level) => names.map((name) => ({ name, level })));
	const roomOf = (path: string) => rooms.find(({ name }) => isInside(path, name));
	return files.flatMap(({ file, imports }) => {
		const from = roomOf(file);
		if (from === undefined) return [`${file} belongs to no layer`];
		const open = openings.get(file.split('/')[0] ?? '') ?? [];
		return imports.flatMap((path) => {
			const to = roomOf(path);
			if (to === undefined) return [`${file} imports ${path}, which belongs to no layer`];
			if (!open.some((name) => isInside(path, name)))
				return [`${file} imports ${path}, which is closed to it`];
			if (to === from || to.level < from.level) return [];
			return [`${file} imports ${path}, which is not below it`];
		});
	});
}

function isInside(path: string, name: string): boolean {
	if (name.endsWith('/*.ts')) return path.slice(0, path.lastIndexOf('/')) === name.slice(0, -'/*.ts'.length);
	return path === name || path.startsWith(`${name}/`);
}

/** The files that import each other in a circle; each group once. Tarjan's strongly connected components. */
export function circles(files: readonly ImportingFile[]): string[][] {
	const importsOf = new Map(files.map(({ file, imports }) => [file, imports]));
	const index = new Map<string, number>();
	const path: string[] = [];
	const found: string[][] = [];
	const visit = (file: string): number => {
		const own = index.size;
		index.set(file, own);
		let lowest = own;
		path.push(file);
		for (const next of importsOf.get(file) ?? []) {
			if (!importsOf.has(next)) continue;
			if (!index.has(next)) lowest = Math.min(lowest, visit(next));
			else if (path.includes(next)) lowest = Math.min(lowest, index.get(next) ?? lowest);
		}
		if (lowest === own) {
			const group = path.splice(path.indexOf(file));
			if (group.length > 1) found.push(group);
		}
		return lowest;
	};
	for (const { file } of files) if (!index.has(file)) visit(file);
	return found;
}

/** A file by its path from the root, and its text. */
export interface SourceFile {
	readonly file: string;
	readonly text: string;
}

/** Returns `FILE NAME` for each exported value of `files` that no file of `importers` imports. Types are not looked at. */
export function unusedExports(files: readonly SourceFile[], importers: readonly SourceFile[]): string[] {
	const imported = new Set(importers.flatMap(importedNames));
	return files.flatMap(({ file, text }) => {
		if (imported.has(`${file} *`)) return [];
		const exported = text.matchAll(/^export (?:async )?(?:const|function\*?|class|let) (\w+)/gm);
		return [...exported].map(([, name]) => `${file} ${name}`).filter((each) => !imported.has(each));
	});
}

/** Returns `FILE NAME` for each name, and `FILE *` for a file of which any name may be used. */
function importedNames({ file, text }: SourceFile): string[] {
	const pathOf = (from = ''): string => normalize(join(dirname(file), from));
	const named = text.matchAll(/(?:import|export)\s[^'{]*\{([^}]*)\} from '(\.[^']+)'/g);
	// `const { name } = await import(…)`, `typeof import(…)` and `import * as`.
	const whole = text.matchAll(/(?:import\(\s*|\* as \w+ from |export \* from )'(\.[^']+)'/g);
	return [
		...[...named].flatMap(([, names = '', from]) =>
			names.split(',').map((specifier) => `${pathOf(from)} ${importedName(specifier)}`),
		),
		...[...whole].map(([, from]) => `${pathOf(from)} *`),
	];
}

/** `type Name as Other` imports `Name`. */
function importedName(specifier: string): string {
	const words = specifier.trim().replace(/^type /, '');
	return words.split(' ')[0] ?? '';
}
