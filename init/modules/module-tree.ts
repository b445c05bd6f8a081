// Resolves a module's name or alias to the files to load, in order, from depmod(8)'s indexes and modprobe.d(5)'s settings.
// It reads each file once; a missing file counts as empty.

import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import { AliasIndex } from './alias-index.ts';
import { type ModprobeSettings, readModprobeSettings } from './modprobe-settings.ts';
import { moduleName, normalName } from './module-name.ts';

export interface ModuleFile {
	readonly name: string;
	/** An absolute path. */
	readonly path: string;
	readonly options: string;
}

export class ModuleTree {
	readonly #folder: string;
	readonly #settings: ModprobeSettings;
	/** By module name: its file and those that it needs, as in modules.dep. */
	readonly #files = new Map<string, readonly string[]>();
	readonly #builtin = new Set<string>();
	readonly #softPre = new Map<string, readonly string[]>();
	readonly #softPost = new Map<string, readonly string[]>();
	/** By the name of the index file. */
	readonly #indexes = new Map<string, AliasIndex>();

	/** @param folder - `/lib/modules/RELEASE`; @param settingsFolders - usually `modprobeFolders` */
	constructor(folder: string, settingsFolders: readonly string[]) {
		this.#folder = folder;
		this.#settings = readModprobeSettings(settingsFolders);
		for (const line of linesOf(`${folder}/modules.dep`)) {
			const [file, needs = ''] = line.split(':');
			if (file === undefined || file === '') continue;
			this.#files.set(moduleName(file), [file, ...needs.split(' ').filter((need) => need !== '')]);
		}
		for (const line of linesOf(`${folder}/modules.builtin`)) this.#builtin.add(moduleName(line));
		for (const line of linesOf(`${folder}/modules.softdep`)) this.#addSoftDependency(line);
		for (const line of this.#settings.softDependencies) this.#addSoftDependency(line);
	}

	get size(): number {
		return this.#files.size;
	}

	/**
	 * Returns the modules for a device: those of modprobe.d's aliases, else those of the modules' own aliases, which a
	 * blacklist takes from a module.
	 */
	modulesForAlias(alias: string): string[] {
		const given = this.#settings.aliases.modulesFor(alias);
		if (given.length > 0) return given;
		// Only the kernel requests a symbol's module, and seldom. There are ten times as many symbols as devices.
		const file = alias.startsWith('symbol:') ? 'modules.symbols' : 'modules.alias';
		return this.#index(file)
			.modulesFor(alias)
			.filter((name) => !this.#settings.blacklist.has(name));
	}

	#index(file: string): AliasIndex {
		const known = this.#indexes.get(file);
		if (known !== undefined) return known;
		const index = new AliasIndex(readTextOrEmpty(`${this.#folder}/${file}`));
		this.#indexes.set(file, index);
		return index;
	}

	/** Returns what a name on modprobe's command line means, in kmod's order: an alias of modprobe.d, a module, its alias. */
	modulesForName(name: string): string[] {
		const isGiven = this.#settings.aliases.modulesFor(name).length > 0;
		return this.isKnown(name) && !isGiven
			? [name]
			: this.modulesForAlias(name).filter((each) => this.isKnown(each));
	}

	/** Reports whether an `install NAME /bin/false` of modprobe.d makes the loading of the module fail. */
	isForbidden(name: string): boolean {
		return this.#settings.disabled.get(normalName(name)) === 'false';
	}

	isKnown(name: string): boolean {
		return this.#files.has(normalName(name)) || this.#builtin.has(normalName(name));
	}

	/** Returns the files to load for a module, those that it needs first; none when it is built in or missing. */
	filesFor(name: string): ModuleFile[] {
		const files = new Map<string, ModuleFile>();
		this.#collect(normalName(name), files, new Set());
		return [...files.values()];
	}

	#collect(name: string, files: Map<string, ModuleFile>, visited: Set<string>): void {
		if (visited.has(name)) return;
		visited.add(name);
		for (const soft of this.#softPre.get(name) ?? []) this.#collect(soft, files, visited);
		// modules.dep lists the nearest dependency first, so files load in reverse order.
		for (const file of [...(this.#files.get(name) ?? [])].reverse()) {
			const own = moduleName(file);
			if (this.#settings.disabled.has(own)) continue;
			if (own !== name) this.#collect(own, files, visited);
			files.set(own, {
				name: own,
				path: file.startsWith('/') ? file : `${this.#folder}/${file}`,
				options: this.#settings.options.get(own) ?? '',
			});
		}
		for (const soft of this.#softPost.get(name) ?? []) this.#collect(soft, files, visited);
	}

	/** @param line - e.g. `softdep NAME pre: A B post: C` */
	#addSoftDependency(line: string): void {
		const [keyword, name, ...words] = line.split(/\s+/);
		if (keyword !== 'softdep' || name === undefined) return;
		const pre: string[] = [];
		const post: string[] = [];
		let target = pre;
		for (const word of words) {
			if (word === 'pre:') target = pre;
			else if (word === 'post:') target = post;
			else if (word !== '') target.push(normalName(word));
		}
		this.#softPre.set(normalName(name), pre);
		this.#softPost.set(normalName(name), post);
	}
}

function linesOf(path: string): string[] {
	return readTextOrEmpty(path)
		.split('\n')
		.filter((line) => line !== '' && !line.startsWith('#'));
}
