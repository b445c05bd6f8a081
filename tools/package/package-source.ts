// Where Debian packages come from, as the rest of this folder sees it: apt in earnest, a handful of made-up packages
// in tests.

export interface DebianPackage {
	readonly name: string;
	readonly version: string;
	readonly architecture: string;
	/** Of the `.deb`, 64 hexadecimal digits. */
	readonly sha256: string;
	/** `Depends` as written, to follow a metapackage; empty where there is none. */
	readonly depends: string;
}

export interface PackageSource {
	/** What would be installed under each name; names that it doesn't know are left out. */
	candidates(names: readonly string[]): Promise<ReadonlyMap<string, DebianPackage>>;
	/** The names of all that these packages need, and what that needs in turn; their own among them. */
	dependencies(names: readonly string[]): Promise<readonly string[]>;
	/** The path of the `.deb`, whose hash was checked. */
	fetch(each: DebianPackage): Promise<string>;
}
