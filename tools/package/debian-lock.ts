// Reads and writes the lock file of a recipe, which has the Debian packages that its image is made of, at the time of
// `slipway pkg build --write-lock`. It is sorted JSON, so that a change of one package changes one block.

import { join } from 'node:path';
import { hostProcessor, type Processor, processors } from '../../supervisor/contract/processors.ts';
import { readLockFile } from '../files/read-lock-file.ts';
import type { DebianPackage } from './package-source.ts';

/** Packages by name. */
export type DebianLock = ReadonlyMap<string, DebianPackage>;

const version = 1;

/** Returns the path of the lock file of the recipe in `folder`; a processor other than the first has one of its own. */
export function debianLockFile(folder: string, { name }: Processor = hostProcessor): string {
	const [first] = Object.keys(processors);
	return join(folder, name === first ? 'build.lock' : `build.${name}.lock`);
}

/** Returns the contents of the lock file. An empty `depends` is left out. */
export function debianLockText(lock: DebianLock): string {
	const debian = Object.fromEntries(
		[...lock.values()]
			.sort((a, b) => (a.name < b.name ? -1 : 1))
			.map(({ name, depends, ...each }) => [name, depends === '' ? each : { ...each, depends }]),
	);
	return `${JSON.stringify({ version, debian }, null, 2)}\n`;
}

/** Returns null when there is no such file. Throws a `SlipwayError` for one that can't be read or is not a lock file. */
export async function readDebianLock(file: string): Promise<DebianLock | null> {
	return await readLockFile(file, parseLock, {
		kind: 'a lock file of Debian packages',
		writtenBy: '"slipway pkg build --write-lock"',
	});
}

function parseLock(value: unknown): DebianLock {
	const file = value as { readonly version?: unknown; readonly debian?: unknown } | null;
	if (file?.version !== version) throw new Error(`expected "version": ${version}`);
	const { debian } = file;
	if (typeof debian !== 'object' || debian === null || Array.isArray(debian))
		throw new Error('expected "debian"');
	return new Map(Object.entries(debian).map(([name, each]) => [name, parsePackage(name, each)]));
}

/** The forms of Debian Policy 5.6: a name or version that apt would take for an option or a file has none of them. */
const forms = {
	name: /^[a-z0-9][a-z0-9+.-]+$/,
	version: /^[0-9][A-Za-z0-9.+:~-]*$/,
	architecture: /^[a-z0-9][a-z0-9-]*$/,
	sha256: /^[0-9a-f]{64}$/,
	depends: /^[\x20-\x7e]*$/,
} as const;

function parsePackage(name: string, value: unknown): DebianPackage {
	const given = { depends: '', ...(value as object | null), name } as Readonly<Record<string, unknown>>;
	const field = (key: keyof typeof forms): string => {
		const text = given[key];
		if (typeof text === 'string' && forms[key].test(text)) return text;
		throw new Error(`${JSON.stringify(name)} has no "${key}" as Debian writes it`);
	};
	return {
		name: field('name'),
		version: field('version'),
		architecture: field('architecture'),
		sha256: field('sha256'),
		depends: field('depends'),
	};
}
