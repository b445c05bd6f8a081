// Finds a shared library that a program needs and its loader would not find: ld.so(8) of glibc, and musl's. Pure.
//
// It is lenient where the loaders are hard to follow: a search path of any file on the way counts for all, and with a cache of
// ldconfig(8) a library counts wherever it is.

import { dirname } from 'node:path';
import { processors } from '../../supervisor/contract/processors.ts';
import type { FileTree } from './file-tree.ts';
import type { Program } from './image-facts.ts';

type ElfProgram = Extract<Program, { readonly kind: 'elf' }>;

const processorList = Object.values(processors);
const tuples = processorList.map(({ triplet }) => triplet);
const glibcFolders = [
	...tuples.flatMap((tuple) => [`/lib/${tuple}`, `/usr/lib/${tuple}`]),
	...['/lib64', '/usr/lib64', '/lib', '/usr/lib'],
];
const muslFolders = ['/lib', '/usr/local/lib', '/usr/lib'];
/** Subdirectories for newer processors, in which a library may be only. */
const variants = [
	'',
	...processorList.flatMap(({ libraryVariants }) => libraryVariants.map((each) => `/${each}`)),
];
/** musl's loader has these libraries itself. */
const muslOwn = /^lib(?:c|pthread|rt|m|dl|util|xnet)\./;
const maxLibraries = 2000;

/** Returns a sentence about the first library that is missing, or null. */
export function missingLibrary(
	tree: FileTree,
	path: string,
	program: ElfProgram,
	env: readonly string[],
): string | null {
	const isMusl = program.interpreter?.includes('ld-musl') === true;
	const given =
		env.findLast((each) => each.startsWith('LD_LIBRARY_PATH='))?.slice('LD_LIBRARY_PATH='.length) ?? '';
	const folders = new Set(given.split(/[:;]/).filter((each) => each.startsWith('/')));
	for (const folder of isMusl ? muslSearch(tree) : glibcSearch(tree)) folders.add(folder);
	const seen = new Set<string>();
	const todo: { readonly path: string; readonly program: ElfProgram }[] = [{ path, program }];
	for (let user = todo.pop(); user !== undefined; user = todo.pop()) {
		for (const folder of user.program.searched)
			folders.add(folder.replace(/\$\{?ORIGIN\}?/, dirname(user.path)));
		for (const name of user.program.needed) {
			if (seen.has(name) || (isMusl && muslOwn.test(name))) continue;
			seen.add(name);
			if (seen.size > maxLibraries) return null;
			const found = locate(tree, name, folders);
			if (found === 'unknown') continue;
			if (found !== null) {
				if (found.program.kind === 'elf') todo.push({ path: found.path, program: found.program });
				continue;
			}
			const elsewhere = [...tree.programPaths()].find((each) => each.endsWith(`/${name}`));
			if (elsewhere !== undefined && (tree.has('/etc/ld.so.cache') || name.includes('/'))) continue;
			const where =
				elsewhere === undefined
					? 'which the image does not have'
					: `which the image has as ${elsewhere}, where the loader does not look for it`;
			return `${user.path} needs the library ${name}, ${where}.`;
		}
	}
	return null;
}

function locate(tree: FileTree, name: string, folders: ReadonlySet<string>) {
	let isUnknown = false;
	const places = name.includes('/')
		? [name]
		: [...folders].flatMap((folder) => variants.map((variant) => `${folder}${variant}/${name}`));
	for (const place of places) {
		const found = tree.find(place);
		if (found.is === 'mounted') isUnknown = true;
		if (found.is === 'found' && found.node.kind === 'program')
			return { path: found.path, program: found.node.program };
		// A file that could not be read as a library may be one.
		if (found.is === 'found' && found.node.kind === 'file') isUnknown = true;
	}
	return isUnknown ? 'unknown' : null;
}

function glibcSearch(tree: FileTree): readonly string[] {
	const configured = tree.textPaths
		.filter((path) => path.startsWith('/etc/ld.so.conf'))
		.flatMap((path) => tree.text(path).split('\n'))
		.map((line) => line.replace(/#.*/, '').trim())
		.filter((line) => line.startsWith('/'));
	return [...configured, ...glibcFolders];
}

function muslSearch(tree: FileTree): readonly string[] {
	const configured = tree.textPaths
		.filter((path) => path.startsWith('/etc/ld-musl-'))
		.flatMap((path) => tree.text(path).split(/[:\n]/))
		.filter((folder) => folder.startsWith('/'));
	return configured.length > 0 ? configured : muslFolders;
}
