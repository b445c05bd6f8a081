// Finds the program that a container runs as runc does, and says what keeps it from starting: it is not there, or its interpreter
// or a library is missing (execve(2), ld.so(8), musl's dynlink.c). Pure.

import { dirname } from 'node:path';
import { nearestName } from '../../native/text/nearest-name.ts';
import { type Processor, processors } from '../../supervisor/contract/processors.ts';
import { machineName } from '../elf/machine.ts';
import type { FileTree } from './file-tree.ts';
import type { Program } from './image-facts.ts';
import { missingLibrary } from './library-check.ts';

export interface Start {
	readonly args: readonly string[];
	/** `NAME=VALUE` each. */
	readonly env: readonly string[];
	readonly cwd: string;
	/** The processor of the system; null when nothing is known of which programs it runs. */
	readonly processor: Processor | null;
}

/** Why a program cannot start. The message is a sentence. */
export interface StartProblem {
	readonly check: 'command' | 'interpreter' | 'library' | 'processor' | 'program-format';
	readonly message: string;
}

const maxScripts = 5; // as the kernel

/** Returns null when nothing is wrong, or when only the running system can tell. */
export function startProblem(tree: FileTree, { args, env, cwd, processor }: Start): StartProblem | null {
	const [word = ''] = args;
	const place = locate(tree, word, env, cwd);
	if (place.is === 'unknown') return null;
	if (place.is === 'missing')
		return { check: 'command', message: `${place.why}${nearestProgram(tree, word)}` };
	return programProblem(tree, place.path, place.program, { env, processor }, 0);
}

type Place =
	| { readonly is: 'found'; readonly path: string; readonly program: Program }
	| { readonly is: 'unknown' }
	| { readonly is: 'missing'; readonly why: string };

/** Searches as Go's `exec.LookPath` does, which runc calls with the container's PATH. */
function locate(tree: FileTree, word: string, env: readonly string[], cwd: string): Place {
	if (word === '') return { is: 'missing', why: 'the command is an empty text.' };
	if (word.includes('/')) return fileAt(tree, word.startsWith('/') ? word : `${cwd}/${word}`);
	const search = variableOf(env, 'PATH');
	if (search === null || search === '')
		return { is: 'missing', why: `"${word}" is searched in PATH, which the environment does not have.` };
	let isUnknown = false;
	for (const folder of search.split(':')) {
		if (!folder.startsWith('/')) {
			// Go refuses a program of a relative directory.
			continue;
		}
		const place = fileAt(tree, `${folder}/${word}`);
		if (place.is === 'found') return place;
		if (place.is === 'unknown') isUnknown = true;
	}
	if (isUnknown) return { is: 'unknown' };
	return { is: 'missing', why: `the image has no program "${word}" in its PATH (${search}).` };
}

function fileAt(tree: FileTree, path: string): Place {
	const found = tree.find(path);
	if (found.is === 'mounted') return { is: 'unknown' };
	if (found.is === 'missing') {
		const why =
			found.path === path
				? `the image has no file ${path}.`
				: `the image has no file ${path}: it leads to ${found.path}.`;
		return { is: 'missing', why };
	}
	const { node } = found;
	if (node.kind === 'directory')
		return { is: 'missing', why: `${path} is a directory of the image, not a program.` };
	if (node.kind !== 'program' || !node.program.isExecutable)
		return { is: 'missing', why: `${path} of the image is not executable (its mode has no "x").` };
	return { is: 'found', path: found.path, program: node.program };
}

type Context = Pick<Start, 'env' | 'processor'>;

function programProblem(
	tree: FileTree,
	path: string,
	program: Program,
	context: Context,
	depth: number,
): StartProblem | null {
	const foreign = foreignProcessor(path, program, context.processor);
	if (foreign !== null) return foreign;
	if (program.kind === 'unknown') return null;
	if (program.kind === 'data')
		return {
			check: 'program-format',
			message: `${path} is neither an ELF program nor a script that begins with "#!". The kernel does not start it.`,
		};
	if (program.kind === 'script') return scriptProblem(tree, path, program.line, context, depth);
	const { interpreter } = program;
	if (interpreter === null) return null;
	const loader = fileAt(tree, interpreter);
	if (loader.is === 'unknown') return null;
	if (loader.is === 'missing')
		return {
			check: 'interpreter',
			message: `${path} needs the dynamic loader ${interpreter}, which the image does not have.${loaderHint(tree, interpreter)}`,
		};
	const missing = missingLibrary(tree, path, program, context.env);
	return missing === null ? null : { check: 'library', message: missing };
}

function foreignProcessor(path: string, program: Program, processor: Processor | null): StartProblem | null {
	if (processor === null || (program.kind !== 'elf' && program.kind !== 'unknown')) return null;
	const { machine } = program;
	// A header that cannot be read says nothing.
	if (machine === null || machine === 0 || processor.elfMachines.includes(machine)) return null;
	const message =
		`${path} is a program for ${machineName(machine)}, and the system is for ${processor.name}. The kernel does not start it. ` +
		`Build the image for linux/${processor.name}.`;
	return { check: 'processor', message };
}

function scriptProblem(
	tree: FileTree,
	path: string,
	line: string,
	context: Context,
	depth: number,
): StartProblem | null {
	const [interpreter = '', ...words] = line.split(/[ \t]+/);
	if (depth >= maxScripts) return null;
	if (!interpreter.startsWith('/')) return null;
	const place = fileAt(tree, interpreter.replace(/\r$/, ''));
	if (place.is === 'unknown') return null;
	if (interpreter.endsWith('\r'))
		return {
			check: 'interpreter',
			message: `the lines of the script ${path} end in CR LF, so the kernel looks for an interpreter whose name ends in CR. Save it with LF.`,
		};
	if (place.is === 'missing')
		return {
			check: 'interpreter',
			message: `the script ${path} needs the interpreter ${interpreter}, which the image does not have.`,
		};
	const own = programProblem(tree, place.path, place.program, context, depth + 1);
	if (own !== null || !/\/env$/.test(interpreter)) return own;
	const named = words.find((word) => !word.startsWith('-') && !word.includes('='));
	if (named === undefined) return null;
	const meant = locate(tree, named, context.env, '/');
	return meant.is === 'missing'
		? { check: 'interpreter', message: `the script ${path} needs the program "${named}": ${meant.why}` }
		: null;
}

function loaderHint(tree: FileTree, interpreter: string): string {
	const isMusl = interpreter.includes('ld-musl');
	const known = Object.values(processors);
	const others = [
		...known.map(({ muslLoaderPath }) => muslLoaderPath),
		...known.map(({ loaderPath }) => loaderPath),
	];
	const other = others.find((each) => tree.find(each).is === 'found');
	if (other === undefined) return '';
	if (isMusl) return ' The program is of a musl system (Alpine), the image has glibc.';
	return other.includes('musl')
		? ' The program is of a glibc system (Debian), the image has musl (Alpine).'
		: '';
}

/** Returns a sentence about the program that may be meant, with a space before it, or an empty text. */
function nearestProgram(tree: FileTree, word: string): string {
	const name = word.slice(word.lastIndexOf('/') + 1);
	const programs = [...tree.programPaths()].filter((path) => !/\.so(?:\.|$)/.test(path));
	const same = programs.find((path) => path.endsWith(`/${name}`));
	if (same !== undefined && name !== '') return ` Did you mean "${same}"?`;
	const folder = dirname(word);
	const beside = programs.filter((path) => dirname(path) === folder);
	const nearest =
		nearestName(word, beside) ??
		nearestName(
			name,
			programs.map((path) => path.slice(path.lastIndexOf('/') + 1)),
		);
	const found = programs.find((path) => path === nearest || path.endsWith(`/${nearest}`));
	if (found !== undefined) return ` Did you mean "${found}"?`;
	if (programs.length === 0) return ' The image has no program at all.';
	return programs.length > 5 ? '' : ` Its programs: ${programs.join(', ')}.`;
}

function variableOf(env: readonly string[], name: string): string | null {
	const entry = env.findLast((each) => each.startsWith(`${name}=`));
	return entry === undefined ? null : entry.slice(name.length + 1);
}
