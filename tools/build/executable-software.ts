// Lists the software in an executable of this repository: slipway itself, Node, the npm packages in its script, and the
// Debian packages of its shared libraries. `slipway build --sbom` reads the list from the package's label.

import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import { fileDigest } from '../files/file-digest.ts';
import type { DebianPackage } from '../package/package-source.ts';
import { purl } from '../sbom/purl.ts';
import type { Software } from '../sbom/software.ts';
import { projectVersion } from './project-version.ts';
import { sourcesFile } from './single-executable.ts';
import { pinnedVersion, type Target } from './target.ts';

const run = promisify(execFile);

/** @param libraries - paths on this machine */
export async function executableSoftware(
	target: Target,
	output: string,
	libraries: readonly string[],
): Promise<readonly Software[]> {
	const version = await projectVersion();
	const own: Software = {
		name: 'slipway',
		version,
		purl: purl('generic', '', 'slipway', version),
		checksum: { algorithm: 'SHA256', value: await fileDigest(output) },
	};
	const sources = JSON.parse(await readFile(sourcesFile(output, target), 'utf8')) as readonly string[];
	const used = npmPackagesOf(sources);
	if (target.foreign === null) {
		const npm = await npmSoftware([target.processor.nodePackage, ...used]);
		return [own, ...npm, ...(await debianSoftware(libraries))];
	}
	const debian = target.foreign.packages.map(softwareOf);
	return [own, await foreignNode(target), ...(await npmSoftware(used)), ...debian];
}

/** package-lock.json does not have the Node of another processor; the binary was checked by its hash. */
async function foreignNode({ processor, nodeDigest }: Target): Promise<Software> {
	const version = await pinnedVersion();
	return {
		name: processor.nodePackage,
		version,
		purl: purl('npm', '', processor.nodePackage, version),
		checksum: { algorithm: 'SHA256', value: nodeDigest },
	};
}

function softwareOf({ name, version, architecture, sha256 }: DebianPackage): Software {
	return {
		name,
		version,
		purl: purl('deb', 'debian', name, version, { arch: architecture }),
		checksum: { algorithm: 'SHA256', value: sha256 },
	};
}

/** Returns the sorted names of packages: `@sigstore/bundle` for `node_modules/@sigstore/bundle/index.js`. */
export function npmPackagesOf(sources: readonly string[]): readonly string[] {
	const names = sources.flatMap((path) => /.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
	return [...new Set(names)].sort();
}

async function npmSoftware(names: readonly string[]): Promise<readonly Software[]> {
	const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
		readonly packages?: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>;
	};
	return names.map((name) => {
		const { version = '', integrity = '' } = lock.packages?.[`node_modules/${name}`] ?? {};
		const [scope = '', bare = name] = name.startsWith('@') ? name.split('/') : ['', name];
		const [, sha512 = ''] = /^sha512-(\S+)/.exec(integrity) ?? [];
		const value = Buffer.from(sha512, 'base64').toString('hex');
		return {
			name,
			version,
			purl: purl('npm', scope, bare, version),
			...(value === '' ? {} : { checksum: { algorithm: 'SHA512', value } as const }),
		};
	});
}

/** A package has no checksum when apt's lists have another version. */
async function debianSoftware(libraries: readonly string[]): Promise<readonly Software[]> {
	const paths = await Promise.all(libraries.map(async (path) => [path, await realpath(path)]));
	// dpkg has a file under the path in its package, which may be that before or after the merge of /usr.
	const names = paths
		.flat()
		.flatMap((path) => [path, path.replace(/^(\/usr)?/, '/usr'), path.replace(/^\/usr/, '')]);
	const found = await outputOf('dpkg', ['--search', ...new Set(names)]);
	const packages = [
		...new Set(found.split('\n').flatMap((line) => /^([^\s,]+): \//.exec(line)?.[1] ?? [])),
	].sort();
	const software: Software[] = [];
	for (const each of packages) {
		const [name = '', version = '', arch = ''] = (
			await outputOf('dpkg-query', ['--show', '--showformat', '${Package} ${Version} ${Architecture}', each])
		).split(' ');
		const [, sha256] =
			/^SHA256: ([0-9a-f]{64})$/m.exec(await outputOf('apt-cache', ['show', `${each}=${version}`])) ?? [];
		software.push({
			name,
			version,
			purl: purl('deb', 'debian', name, version, { arch }),
			...(sha256 === undefined ? {} : { checksum: { algorithm: 'SHA256', value: sha256 } as const }),
		});
	}
	return software;
}

/** Returns what the tool prints, also when it fails because it does not know all names. */
async function outputOf(tool: string, args: readonly string[]): Promise<string> {
	try {
		return (await run(tool, [...args], { env: { ...process.env, LC_ALL: 'C.UTF-8' } })).stdout;
	} catch (error) {
		return String((error as { readonly stdout?: unknown }).stdout ?? '');
	}
}
