// Reads the hostname and the keys that may log in from NoCloud's `meta-data` and from a `#cloud-config`. Both are
// YAML (cloud-init's documentation, reference/datasources/nocloud and reference/modules).

import { errorMessage } from '../../native/text/error-message.ts';

export interface Instance {
	readonly hostname: string | null;
	/** Lines of authorized_keys. */
	readonly keys: readonly string[];
	/** Why nothing, or not all, could be read. */
	readonly problems: readonly string[];
}

export async function parseMetaData(text: string): Promise<Instance> {
	return await readInstance('meta-data', text, ['local-hostname', 'hostname'], 'public-keys');
}

export function isCloudConfig(text: string): boolean {
	return /^#cloud-config\s*$/m.test(text.slice(0, text.indexOf('\n') + 1));
}

export async function parseCloudConfig(text: string): Promise<Instance> {
	return await readInstance('user-data', text, ['hostname', 'fqdn'], 'ssh_authorized_keys');
}

/** Providers take 16 to 256 KiB. The YAML library needs seconds for a megabyte of nonsense. */
const maxYamlLength = 512 * 1024;

/**
 * Aliases could make a small file endless. The library's search for equal keys and its excerpts of errors take a minute for a file of
 * nothing else; cloud-init takes the last one of equal keys, too.
 */
const boundedYaml = { maxAliasCount: 0, uniqueKeys: false, prettyErrors: false, logLevel: 'error' } as const;

async function readInstance(
	file: string,
	text: string,
	hostnameKeys: readonly string[],
	keysKey: string,
): Promise<Instance> {
	const nothing = { hostname: null, keys: [] };
	if (text.length > maxYamlLength) {
		return {
			...nothing,
			problems: [`${file} is longer than the ${maxYamlLength / 1024} KiB of YAML that are read`],
		};
	}
	// Loaded only here: most machines have no such file.
	const { parse } = await import('yaml');
	let value: unknown;
	try {
		value = parse(text, boundedYaml);
	} catch (error) {
		const [reason = ''] = errorMessage(error).split('\n');
		const [start = 0] = (error as { readonly pos?: readonly number[] }).pos ?? [];
		const line = text.slice(0, start).split('\n').length;
		return { ...nothing, problems: [`${file} is no YAML: line ${line}: ${reason}`] };
	}
	return instanceOf(file, value, hostnameKeys, keysKey);
}

/**
 * Reads hostname and keys from a value that nobody has checked.
 *
 * @param file - names the value in problems
 */
export function instanceOf(
	file: string,
	value: unknown,
	hostnameKeys: readonly string[],
	keysKey: string,
): Instance {
	const nothing = { hostname: null, keys: [] };
	if (value === null || value === undefined) return { ...nothing, problems: [] };
	if (typeof value !== 'object' || Array.isArray(value)) {
		return { ...nothing, problems: [`${file} is no map of keys and values`] };
	}
	const fields = new Map(Object.entries(value));
	const hostname = hostnameKeys
		.map((key) => fields.get(key))
		.find((each) => each !== undefined && each !== null);
	const keys = keyLines(fields.get(keysKey));
	const problems = [
		...(hostname === undefined || typeof hostname === 'string' ? [] : [`${file}: the hostname is no text`]),
		...(keys === null ? [`${file}: ${keysKey} is no list of keys`] : []),
	];
	return { hostname: typeof hostname === 'string' ? hostname : null, keys: keys ?? [], problems };
}

/** A text with a key a line, a list of such, or Amazon's form, a map of names to either. */
function keyLines(value: unknown): string[] | null {
	if (value === undefined || value === null) return [];
	if (typeof value === 'string') {
		return value
			.split('\n')
			.map((line) => line.trim())
			.filter((line) => line !== '');
	}
	if (typeof value !== 'object') return null;
	const parts = Object.values(value).map((each) =>
		typeof each === 'string' || isList(each) ? keyLines(each) : null,
	);
	return parts.every((part) => part !== null) ? parts.flat() : null;
}

function isList(value: unknown): boolean {
	return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
