// The interface to a source of Debian packages: apt (apt-source.ts), or made-up packages in tests.

import type { SlipwayError } from '../errors.ts';

export interface DebianPackage {
	readonly name: string;
	readonly version: string;
	readonly architecture: string;
	/** The hash of the `.deb`, 64 hexadecimal digits. */
	readonly sha256: string;
	/** `Depends`, then `Pre-Depends`, as written, to follow dependencies; empty when there are none. */
	readonly depends: string;
}

export interface PackageSource {
	/** Returns the package that would be installed under each name; unknown names are absent. */
	candidates(names: readonly string[]): Promise<ReadonlyMap<string, DebianPackage>>;
	/** Returns the names of all direct and indirect dependencies of these packages, and their own names. */
	dependencies(names: readonly string[]): Promise<readonly string[]>;
	/** Returns the path of the `.deb` after a check of its hash. */
	fetch(each: DebianPackage): Promise<string>;
	/** Returns the error for a package that `candidates()` omits and the recipe needs. */
	unknown(name: string): SlipwayError;
}
