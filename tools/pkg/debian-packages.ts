// Debian packages by apt's own tools, without installing anything on the host: the candidate's version and hash from
// `apt-cache show`, the file by `apt-get download`, unpacked by `dpkg-deb`. Works as root or not.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../commands/command.ts';
import { runTool } from './run-tool.ts';

export interface DebianPackage {
	readonly name: string;
	readonly version: string;
	readonly architecture: string;
	readonly sha256: string;
	/** `Depends` as written, to follow a metapackage. */
	readonly depends: string;
}

/** The candidates of these packages, in this order. */
export async function resolvePackages(names: readonly string[]): Promise<DebianPackage[]> {
	if (names.length === 0) return [];
	const output = await runTool('apt-cache', ['show', '--no-all-versions', ...names]).catch(
		(cause: unknown) => {
			throw new SlipwayError(
				'NO_PACKAGE',
				`apt knows not all of ${names.join(', ')}. Run "apt-get update" if its lists are old or absent.`,
				{ cause },
			);
		},
	);
	const found = new Map(
		output
			.split('\n\n')
			.map(parseStanza)
			.map((each) => [each.name, each]),
	);
	return names.map((name) => {
		const each = found.get(name);
		if (each === undefined || each.sha256 === '') {
			throw new SlipwayError(
				'NO_PACKAGE',
				`apt has no package ${name}. Run "apt-get update" if its lists are old.`,
			);
		}
		return each;
	});
}

function parseStanza(stanza: string): DebianPackage {
	const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
	return {
		name: field('Package'),
		version: field('Version'),
		architecture: field('Architecture'),
		sha256: field('SHA256'),
		depends: field('Depends'),
	};
}

/** The package's file in `cacheFolder`, downloaded and checked if it isn't there yet. */
export async function fetchPackage(each: DebianPackage, cacheFolder: string): Promise<string> {
	const path = join(cacheFolder, `${each.name}_${each.sha256}.deb`);
	if (existsSync(path)) return path;
	await mkdir(cacheFolder, { recursive: true });
	const scratch = await mkdtemp(join(cacheFolder, '.download-'));
	try {
		// The sandbox user of apt can't write here; without it apt only warns when it runs as root.
		const options = ['-q', '-o', 'APT::Sandbox::User=root'];
		await runTool('apt-get', [...options, 'download', `${each.name}=${each.version}`], { cwd: scratch });
		const [file] = await readdir(scratch);
		const found = file === undefined ? 'nothing' : await sha256Of(join(scratch, file));
		if (file === undefined || found !== each.sha256) {
			throw new SlipwayError(
				'DIGEST_MISMATCH',
				`apt-get download ${each.name} gave ${found}, not ${each.sha256}.`,
			);
		}
		await rename(join(scratch, file), path);
		return path;
	} finally {
		await rm(scratch, { recursive: true, force: true });
	}
}

export async function unpackPackage(file: string, folder: string): Promise<void> {
	await mkdir(folder, { recursive: true });
	await runTool('dpkg-deb', ['--extract', file, folder]);
}

export async function sha256Of(path: string): Promise<string> {
	const hash = createHash('sha256');
	for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
		hash.update(chunk as Buffer);
	return hash.digest('hex');
}
