// The targets of `slipway pkg push`, from its command line.

import { SlipwayError, UsageError } from '../errors.ts';
import { formatReference, parseReference } from '../images/reference.ts';

export interface PushTargets {
	/** The names under which the package of each directory is pushed; null for its own name. */
	readonly names: ReadonlyMap<string, readonly (string | null)[]>;
	/** The target, REGISTRY or REGISTRY/ORG. */
	readonly place: string;
}

/**
 * @param as - values of `--as`: `NAME:TAG=DIR`, or `NAME:TAG` for the only directory in `named`
 * @param named - directories on the command line
 * @param others - returns the directories to push when none are named
 */
export function pushTargets(
	place: string,
	as: readonly string[],
	named: readonly string[],
	others: () => readonly string[],
): PushTargets {
	checkReference('pkg push', `${place}/x`, `${place}, for example ghcr.io/acme or 127.0.0.1:5000`);
	const names = new Map<string, (string | null)[]>();
	const bare: string[] = [];
	for (const text of as) {
		const [name = '', folder, ...more] = text.split('=');
		if (name === '' || folder === '' || more.length > 0)
			throw new UsageError(`--as ${text}: expected NAME:TAG or NAME:TAG=DIR.`);
		checkReference('--as', `${place}/${name}`, text);
		if (folder === undefined) bare.push(name);
		else names.set(folder, [...(names.get(folder) ?? []), name]);
	}
	const [only, ...rest] = named;
	if (bare.length > 0 && (only === undefined || rest.length > 0)) {
		throw new UsageError(
			`--as ${bare[0]} is for one package, and ${named.length} directories are named. Say which: --as ${bare[0]}=DIR.`,
		);
	}
	if (only !== undefined && bare.length > 0) names.set(only, [...(names.get(only) ?? []), ...bare]);
	else for (const folder of named) names.set(folder, [...(names.get(folder) ?? []), null]);
	if (names.size === 0) for (const folder of others()) names.set(folder, [null]);
	return { names, place };
}

/** Returns the canonical reference. A place without an organization gets the recipe's. */
export function targetOf(
	place: string,
	name: string | null,
	recipe: { readonly org: string; readonly image: string; readonly tag: string },
): string {
	if (name !== null) return formatReference(parseReference(`${place}/${name}`));
	const { path } = parseReference(`${place}/x`);
	const org = path === 'x' || path === 'library/x' ? `/${recipe.org}` : '';
	return formatReference(parseReference(`${place}${org}/${recipe.image}:${recipe.tag}`));
}

function checkReference(what: string, reference: string, shown: string): void {
	try {
		if (parseReference(reference).digest === null) return;
	} catch (cause) {
		if (!(cause instanceof SlipwayError)) throw cause;
		throw new UsageError(`${what} ${shown}: ${cause.message}`);
	}
	throw new UsageError(`${what} ${shown}: a tag is what can be given, not a digest.`);
}
