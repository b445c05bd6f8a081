// Keeps some of a kernel's modules in the root: those that the user names, and those that they need by the indexes of depmod(8).
// The text indexes lose the others' lines, so that nobody looks for a file that is not there; libkmod's binary ones stay as they are.

import type { Entry } from '../archive/entry.ts';

/** What PID 1 and the first program need in any system. */
const alwaysKept = ['overlay', 'loop', 'squashfs'];

const modulePath = /^lib\/modules\/[^/]+\/kernel\/.*\.ko(\.gz|\.xz|\.zst)?$/;
const indexPath = /^lib\/modules\/[^/]+\/modules\.(alias|builtin|dep|devname|order|softdep|symbols)$/;
/** The indexes of Debian's whole kernel are 2 MB together. */
const maxIndexBytes = 64 * 1024 * 1024;

export interface ModuleSelection {
	/** The names of the modules that are kept, with underscores. */
	readonly kept: ReadonlySet<string>;
	readonly count: number;
	readonly keptBytes: number;
	readonly allBytes: number;
	/** The names that the user gave and the kernel has neither as a file nor built in. */
	readonly unknown: readonly string[];
}

/** Returns the names in a list with one a line (`#` begins a comment), or in the output of lsmod(8). */
export function parseModuleList(text: string): string[] {
	const words = text.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/, 1)[0] ?? '');
	return [...new Set(words.filter((word) => word !== '' && word !== 'Module').map(moduleName))];
}

/** @param entries - of the kernel image's tar */
export async function selectModules(
	entries: AsyncIterable<Entry>,
	wanted: readonly string[],
): Promise<ModuleSelection> {
	const sizes = new Map<string, number>();
	const indexes = new Map<string, string[]>();
	for await (const entry of entries) {
		if (entry.kind !== 'file') continue;
		if (modulePath.test(entry.path)) sizes.set(moduleName(entry.path), entry.sizeBytes);
		const [, index] = indexPath.exec(entry.path) ?? [];
		if (index !== undefined) indexes.set(index, linesOf(await textOf(entry.content())));
	}
	const needs = neededModules(indexes);
	const kept = new Set<string>();
	const keep = (name: string): void => {
		if (!sizes.has(name) || kept.has(name)) return;
		kept.add(name);
		for (const need of needs.get(name) ?? []) keep(need);
	};
	for (const name of [...alwaysKept, ...wanted]) keep(name);
	const builtin = new Set((indexes.get('builtin') ?? []).map(moduleName));
	const sizeOf = (names: Iterable<string>): number =>
		[...names].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
	return {
		kept,
		count: sizes.size,
		keptBytes: sizeOf(kept),
		allBytes: sizeOf(sizes.keys()),
		unknown: wanted.filter((name) => !sizes.has(name) && !builtin.has(name)),
	};
}

/** Yields the entries without the other modules, without directories that have held these alone, and with their indexes cut. */
export async function* onlyModules(
	entries: AsyncIterable<Entry>,
	kept: ReadonlySet<string>,
): AsyncGenerator<Entry, void> {
	const directories = new Set<Entry>();
	for await (const entry of entries) {
		if (entry.kind === 'directory' && /^lib\/modules\/[^/]+\/kernel(\/|$)/.test(entry.path)) {
			directories.add(entry);
			continue;
		}
		if (modulePath.test(entry.path)) {
			if (!kept.has(moduleName(entry.path))) continue;
			for (const each of directories) {
				if (entry.path.startsWith(`${each.path}/`) && directories.delete(each)) yield each;
			}
		}
		yield entry.kind === 'file' && indexPath.test(entry.path) ? await cutIndex(entry, kept) : entry;
	}
}

async function cutIndex(entry: Extract<Entry, { kind: 'file' }>, kept: ReadonlySet<string>): Promise<Entry> {
	const [, index = ''] = indexPath.exec(entry.path) ?? [];
	const subject = subjects[index];
	if (subject === undefined) return entry;
	const lines = linesOf(await textOf(entry.content()));
	const left = lines.filter((line) => line.startsWith('#') || kept.has(subject(line)));
	const bytes = Buffer.from(left.map((line) => `${line}\n`).join(''));
	return {
		...entry,
		sizeBytes: bytes.length,
		async *content() {
			yield bytes;
		},
	};
}

/** The module that a line of an index is about. */
const subjects: Readonly<Record<string, (line: string) => string>> = {
	alias: lastWord,
	dep: (line) => moduleName(line.split(':', 1)[0] ?? ''),
	devname: (line) => moduleName(line.split(' ', 1)[0] ?? ''),
	order: moduleName,
	softdep: (line) => moduleName(line.split(' ')[1] ?? ''),
	symbols: lastWord,
};

function lastWord(line: string): string {
	return moduleName(line.slice(line.lastIndexOf(' ') + 1));
}

/** By module name: those that it can't be loaded without, and those that it would like to have. */
function neededModules(indexes: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
	const needs = new Map<string, string[]>();
	for (const line of indexes.get('dep') ?? []) {
		const [path = '', rest = ''] = line.split(':');
		needs.set(moduleName(path), rest.trim().split(' ').map(moduleName));
	}
	for (const line of indexes.get('softdep') ?? []) {
		const [, name = '', ...others] = line.split(' ');
		const wished = others.filter((word) => !word.endsWith(':')).map(moduleName);
		needs.set(moduleName(name), [...(needs.get(moduleName(name)) ?? []), ...wished]);
	}
	return needs;
}

/** `kernel/fs/overlayfs/overlay.ko` -> `overlay`; `-` and `_` are the same in a module's name. */
export function moduleName(path: string): string {
	return (path.split('/').at(-1) ?? '').replace(/\.ko(\.gz|\.xz|\.zst)?$/, '').replaceAll('-', '_');
}

function linesOf(text: string): string[] {
	return text.split('\n').filter((line) => line !== '');
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	for await (const chunk of content) {
		bytes += chunk.length;
		if (bytes > maxIndexBytes) throw new RangeError('An index of modules is larger than 64 MiB.');
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}
