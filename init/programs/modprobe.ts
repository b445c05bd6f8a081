// `modprobe`: loads modules by name or alias, as the kernel itself calls it (kernel/module/kmod.c: `/sbin/modprobe -q --
// NAME`) and as scripts do. It has none of the other functions of kmod's modprobe.

import { release } from 'node:os';
import { modprobeFolders } from '../modules/modprobe-settings.ts';
import { type ModuleCalls, ModuleLoader } from '../modules/module-loader.ts';
import { ModuleTree } from '../modules/module-tree.ts';

interface ModprobeRequest {
	readonly names: readonly string[];
	/** `NAME=VALUE`s for the kernel, of the one module that is named without `-a`. */
	readonly parameters: string;
	readonly quiet: boolean;
	readonly unknownOption: string | null;
}

const harmless: ReadonlySet<string> = new Set(['-a', '--all', '-b', '--use-blacklist', '-v', '--verbose']);

export function parseModprobeArguments(args: readonly string[]): ModprobeRequest {
	const end = args.indexOf('--');
	const options = args.filter((arg, index) => arg.startsWith('-') && (end < 0 || index < end));
	const words = args.filter(
		(arg, index) => arg !== '--' && (!arg.startsWith('-') || (end >= 0 && index > end)),
	);
	// Short options may be written together: `-abq`.
	const single = options.flatMap((option) =>
		/^-[a-z]{2,}$/.test(option) ? [...option.slice(1)].map((letter) => `-${letter}`) : [option],
	);
	const isSeveral = single.some((option) => option === '-a' || option === '--all');
	const isQuiet = (option: string): boolean => option === '-q' || option === '--quiet';
	return {
		names: isSeveral ? words : words.slice(0, 1),
		parameters: isSeveral ? '' : words.slice(1).join(' '),
		quiet: single.some(isQuiet),
		unknownOption: single.find((option) => !isQuiet(option) && !harmless.has(option)) ?? null,
	};
}

/** Returns the exit code. */
export function modprobe(native: ModuleCalls, args: readonly string[]): number {
	const request = parseModprobeArguments(args);
	if (request.unknownOption !== null || request.names.length === 0) {
		console.error(
			'Usage: modprobe [-q] [-b] [--] MODULE [NAME=VALUE]... or modprobe -a [-q] [-b] [--] MODULE...',
		);
		return 2;
	}
	const tree = new ModuleTree(`/lib/modules/${release()}`, modprobeFolders);
	let failed = false;
	const fail = (message: string): void => {
		failed = true;
		if (!request.quiet) console.error(`modprobe: ${message}`);
	};
	const loader = new ModuleLoader(native, tree, ({ name, reason }) => fail(`${name}: ${reason}`));
	for (const name of request.names) {
		const modules = tree.modulesForName(name);
		if (modules.length === 0) fail(`there is no module ${name} for the kernel ${release()}`);
		for (const module of modules) {
			if (tree.isForbidden(module)) fail(`${module}: an "install" line of modprobe.d forbids it`);
			else loader.load(module, request.parameters);
		}
	}
	return failed ? 1 : 0;
}
