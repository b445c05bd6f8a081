// Loads kernel modules and the modules that they need: finit_module(2). It tries each file once, also after a failure.

import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constant } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { initPaths } from '../../supervisor/contract/layout.ts';
import { normalName } from './module-name.ts';
import type { ModuleFile, ModuleTree } from './module-tree.ts';

interface ModuleFailure {
	readonly name: string;
	readonly reason: string;
}

/** The system calls that loading a module needs. */
export type ModuleCalls = Pick<Native, 'finitModule' | 'constants'>;

export class ModuleLoader {
	readonly #native: ModuleCalls;
	readonly #tree: ModuleTree;
	readonly #onFailure: (failure: ModuleFailure) => void;
	readonly #tried = new Set<string>();

	constructor(native: ModuleCalls, tree: ModuleTree, onFailure: (failure: ModuleFailure) => void) {
		this.#native = native;
		this.#tree = tree;
		this.#onFailure = onFailure;
	}

	/** Loads the modules for a device. Returns the names of the modules that are new. */
	loadForAlias(alias: string): string[] {
		return this.#tree.modulesForAlias(alias).flatMap((name) => this.load(name));
	}

	/**
	 * Loads a module by name. Returns the names of the modules that are new.
	 *
	 * @param parameters - `NAME=VALUE`s for this module only, after those of modprobe.d
	 */
	load(name: string, parameters = ''): string[] {
		const loaded: string[] = [];
		for (const file of this.#tree.filesFor(name)) {
			if (this.#tried.has(file.name)) continue;
			this.#tried.add(file.name);
			if (existsSync(`/sys/module/${file.name}`)) continue;
			try {
				this.#insert(file.name === normalName(name) ? withParameters(file, parameters) : file);
				loaded.push(file.name);
			} catch (error) {
				if (hasCode(error, 'EEXIST')) continue;
				// The driver finds no device. The kernel itself logs that when it matters.
				if (hasCode(error, 'ENODEV')) continue;
				this.#onFailure({ name: file.name, reason: errorMessage(error) });
			}
		}
		return loaded;
	}

	#insert(file: ModuleFile): void {
		if (!/\.(gz|zst)$/.test(file.path)) {
			// A kernel unpacks the one format that it was built for. Distributions with .xz build theirs for that.
			const compressed = file.path.endsWith('.xz')
				? constant(this.#native, 'MODULE_INIT_COMPRESSED_FILE')
				: 0;
			this.#insertFile(file.path, file.options, compressed);
			return;
		}
		const unpacked = initPaths.unpackedModule(file.name);
		try {
			writeFileSync(unpacked, decompress(file.path));
			this.#insertFile(unpacked, file.options, 0);
		} finally {
			rmSync(unpacked, { force: true });
		}
	}

	#insertFile(path: string, options: string, bits: number): void {
		const fd = openSync(path, 'r');
		try {
			this.#native.finitModule(fd, options, bits);
		} finally {
			closeSync(fd);
		}
	}
}

function withParameters(file: ModuleFile, parameters: string): ModuleFile {
	return { ...file, options: [file.options, parameters].filter((each) => each !== '').join(' ') };
}

function decompress(path: string): Buffer {
	// Loaded only when needed: Debian's modules are not compressed.
	const zlib = process.getBuiltinModule('node:zlib');
	const bytes = readFileSync(path);
	return path.endsWith('.gz') ? zlib.gunzipSync(bytes) : zlib.zstdDecompressSync(bytes);
}
