// What differs between two systems: images, packages, files, configuration and size. Pure.

import type { SystemImage } from '../sbom/system-contents.ts';
import type { TreeContents, TreeFile } from './contents.ts';
import { shortName } from './sizes.ts';

/** `before` is null for what only the second system has, `after` for what only the first has. */
export interface Change<T> {
	readonly name: string;
	readonly before: T | null;
	readonly after: T | null;
}

export interface FileState {
	readonly sizeBytes: number;
	/** Kind, permissions and owner, such as `file 0755 0:0`. */
	readonly attributes: string;
}

export interface ConfigurationChange {
	/** A file of the tree, or `command line`. */
	readonly file: string;
	/** The place in a JSON file, such as `process.cwd`, or the line of a text; empty for a whole file. */
	readonly at: string;
	readonly before: string | null;
	readonly after: string | null;
}

export interface SystemDifference {
	readonly bytes: { readonly before: number; readonly after: number };
	/** The values are digests. */
	readonly images: readonly Change<string>[];
	/** The values are versions; several are joined by commas. */
	readonly packages: readonly Change<string>[];
	readonly files: readonly Change<FileState>[];
	readonly configuration: readonly ConfigurationChange[];
}

export function compareSystems(before: TreeContents, after: TreeContents): SystemDifference {
	return {
		bytes: { before: bytesOf(before), after: bytesOf(after) },
		images: changes(imageDigests(before.images), imageDigests(after.images), (a, b) => a === b),
		packages: changes(versions(before), versions(after), (a, b) => a === b),
		files: fileChanges(before, after),
		configuration: configurationChanges(before, after),
	};
}

export function isSame({ images, packages, files, configuration }: SystemDifference): boolean {
	return [images, packages, files, configuration].every((list) => list.length === 0);
}

function bytesOf({ parts }: TreeContents): number {
	return parts.flatMap(({ files }) => files).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function changes<T>(
	before: ReadonlyMap<string, T>,
	after: ReadonlyMap<string, T>,
	isEqual: (a: T, b: T) => boolean,
): Change<T>[] {
	const names = [...new Set([...before.keys(), ...after.keys()])].sort();
	return names.flatMap((name) => {
		const [a, b] = [before.get(name), after.get(name)];
		if (a !== undefined && b !== undefined && isEqual(a, b)) return [];
		return [{ name, before: a ?? null, after: b ?? null }];
	});
}

function imageDigests(images: readonly SystemImage[]): Map<string, string> {
	return new Map(
		images.map(({ name, tag, digest }) => [shortName(tag === '' ? name : `${name}:${tag}`), digest]),
	);
}

function versions({ images, parts }: TreeContents): Map<string, string> {
	const found = new Map<string, Set<string>>();
	const add = (name: string, version: string): void =>
		void found.set(name, (found.get(name) ?? new Set()).add(version));
	for (const { name, version } of images.flatMap(({ software }) => software ?? [])) add(name, version);
	for (const { packages } of parts) for (const [name, version] of packages) add(name, version);
	return new Map([...found].map(([name, each]) => [name, [...each].sort().join(', ')]));
}

type FileByPath = ReadonlyMap<string, TreeFile>;

function byPath({ parts }: TreeContents): FileByPath {
	return new Map(parts.flatMap(({ files }) => files.map((file) => [file.path, file])));
}

/** Files whose text the configuration gives are compared by their text. */
function fileChanges(before: TreeContents, after: TreeContents): Change<FileState>[] {
	const images = (files: FileByPath): Map<string, TreeFile> =>
		new Map([...files].filter(([, { text }]) => text === null));
	const isEqual = (a: TreeFile, b: TreeFile): boolean =>
		a.sizeBytes === b.sizeBytes && a.value === b.value && attributesOf(a) === attributesOf(b);
	return changes(images(byPath(before)), images(byPath(after)), isEqual).map((change) => ({
		name: change.name,
		before: change.before === null ? null : stateOf(change.before),
		after: change.after === null ? null : stateOf(change.after),
	}));
}

function stateOf(file: TreeFile): FileState {
	return { sizeBytes: file.sizeBytes, attributes: attributesOf(file) };
}

function attributesOf({ kind, mode, uid, gid }: TreeFile): string {
	return `${kind} ${mode.toString(8).padStart(4, '0')} ${uid}:${gid}`;
}

function configurationChanges(before: TreeContents, after: TreeContents): ConfigurationChange[] {
	const texts = (contents: TreeContents): Map<string, string> =>
		new Map([
			[
				'command line',
				contents.commandLine
					.split(/\s+/)
					.filter((word) => word !== '')
					.join('\n'),
			],
			...contents.parts.flatMap(({ files }) =>
				files.flatMap(({ path, text }) => (text === null ? [] : [[path, text] as const])),
			),
		]);
	return changes(texts(before), texts(after), (a, b) => a === b).flatMap(({ name, before: a, after: b }) => {
		// A file that one system lacks is one change.
		if (a === null || b === null) return [{ file: name, at: '', before: shown(a), after: shown(b) }];
		return changes(fieldsOf(name, a), fieldsOf(name, b), (x, y) => x === y).map((field) => ({
			file: name,
			at: field.name,
			before: field.before,
			after: field.after,
		}));
	});
}

function shown(text: string | null): string | null {
	return text === null ? null : `${Buffer.byteLength(text)} bytes`;
}

/** Returns the values of a JSON text by their places, or the lines of another text by themselves. */
function fieldsOf(name: string, text: string): Map<string, string> {
	const fields = new Map<string, string>();
	const json = name.endsWith('.json') ? parsed(text) : null;
	if (json !== null) addFields(json, '', fields);
	else for (const line of text.split('\n')) if (line !== '') fields.set(line, line);
	return fields;
}

function parsed(text: string): object | null {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === 'object' ? value : null;
	} catch {
		return null;
	}
}

/** Lists of texts (arguments, capabilities) are one field: a new first element would shift all places. */
function addFields(value: unknown, at: string, fields: Map<string, string>): void {
	const isSimpleList = Array.isArray(value) && value.every((each) => typeof each !== 'object');
	if (typeof value !== 'object' || value === null || isSimpleList) {
		fields.set(at, JSON.stringify(value));
		return;
	}
	for (const [key, each] of Object.entries(value)) {
		const place = Array.isArray(value) ? `${at}[${nameIn(each, key)}]` : at === '' ? key : `${at}.${key}`;
		addFields(each, place, fields);
	}
}

/** Names an element of a list of mounts, devices or limits by what it is about, so that a new one does not shift the others. */
function nameIn(value: unknown, index: string): string {
	const { destination, path, type } = (value ?? {}) as Readonly<Record<string, unknown>>;
	const name = [destination, path, type].find((each) => typeof each === 'string');
	return typeof name === 'string' ? name : index;
}
