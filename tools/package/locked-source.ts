// A source of exactly the Debian packages that a lock file has, and one that notes what a lock file must have.

import { SlipwayError } from '../errors.ts';
import type { DebianLock } from './debian-lock.ts';
import type { DebianPackage, PackageSource } from './package-source.ts';

/**
 * The lock has every package in which a library was searched, so what is found does not depend on the dependencies of today.
 *
 * @param file - the lock file, for errors
 */
export function lockedSource(source: PackageSource, lock: DebianLock, file: string): PackageSource {
	return {
		candidates: async (names) =>
			new Map(
				names.flatMap((name) => {
					const each = lock.get(name);
					return each === undefined ? [] : [[name, each] as const];
				}),
			),
		dependencies: async () => [...lock.keys()],
		async fetch(each) {
			try {
				return await source.fetch(each);
			} catch (cause) {
				if (!(cause instanceof SlipwayError) || !['TOOL_FAILED', 'DIGEST_MISMATCH'].includes(cause.code))
					throw cause;
				throw new SlipwayError(
					cause.code,
					`${file} locks ${each.name} ${each.version} (${each.architecture}, SHA-256 ${each.sha256}). ` +
						`The store does not have this package, and apt can't download it: ${cause.message}\n` +
						"Add an archive that still has it to apt's sources (snapshot.debian.org has all), or write the lock file " +
						'again with "slipway pkg build --write-lock".',
					{ cause },
				);
			}
		},
		unknown: (name) =>
			new SlipwayError(
				'BAD_RECIPE',
				`${file} does not have the Debian package ${name}. Has the recipe changed since? Write the lock file again ` +
					'with "slipway pkg build --write-lock".',
			),
	};
}

export interface RecordingSource extends PackageSource {
	/** The packages that were fetched, by name. */
	readonly fetched: ReadonlyMap<string, DebianPackage>;
}

export function recordingSource(source: PackageSource): RecordingSource {
	const fetched = new Map<string, DebianPackage>();
	return {
		...source,
		fetched,
		async fetch(each) {
			fetched.set(each.name, each);
			return await source.fetch(each);
		},
	};
}

/**
 * Returns the lock of a package that was built.
 *
 * @param used - the names of the packages that the image is made of
 * @param withDepends - for a recipe that follows the dependencies of packages
 */
export async function lockOf(
	used: readonly string[],
	source: RecordingSource,
	withDepends = false,
): Promise<DebianLock> {
	const lock = new Map<string, DebianPackage>();
	for (const each of source.fetched.values())
		lock.set(each.name, withDepends ? each : { ...each, depends: '' });
	// A package that was not fetched is a metapackage, whose dependency the build follows.
	const followed = await source.candidates(used.filter((name) => !lock.has(name)));
	for (const each of followed.values()) lock.set(each.name, each);
	return lock;
}
