// Checks that node_modules is what package-lock.json says. The Makefile runs it after `npm install`, which is more lenient
// than `npm ci`: npm records in node_modules/.package-lock.json what it has installed, and both records are compared.
//
//	node tools/build/check-packages.ts

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../../native/text/error-message.ts';

/** An entry of `packages` (npm's manual, package-lock.json(5)). */
interface Locked {
	readonly version?: string;
	readonly integrity?: string;
	readonly optional?: boolean;
	readonly hasInstallScript?: boolean;
}

type Packages = Readonly<Record<string, Locked>>;

/**
 * Packages whose install script does not run (.npmrc) and that work without it. esbuild's replaces a launcher in JavaScript,
 * which the build does not use, by the program itself.
 */
const unneededScripts: readonly string[] = ['node_modules/esbuild'];

/**
 * Returns a sentence for each difference.
 *
 * @param root - the directory of package-lock.json and node_modules
 */
export function packageProblems(root: string): readonly string[] {
	const { '': _, ...locked } = readPackages(join(root, 'package-lock.json'));
	const installed = readPackages(join(root, 'node_modules/.package-lock.json'));
	return [
		...Object.entries(locked).flatMap(([path, each]) => problemsOfLocked(path, each, installed[path])),
		...Object.keys(installed)
			.filter((path) => locked[path] === undefined)
			.map((path) => `${path} is installed, and package-lock.json does not have it.`),
		...problemsOnDisk(root, installed),
	];
}

function problemsOfLocked(path: string, locked: Locked, installed: Locked | undefined): string[] {
	const problems: string[] = [];
	if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(locked.integrity ?? ''))
		problems.push(`${path} has no SHA-512 in package-lock.json.`);
	if (locked.hasInstallScript === true && !unneededScripts.includes(path)) {
		problems.push(
			`${path} has an install script, which does not run. If it works without, name it in tools/build/check-packages.ts.`,
		);
	}
	if (installed === undefined) {
		// npm leaves out optional packages of other platforms.
		if (locked.optional !== true) problems.push(`${path} is not installed.`);
	} else if (installed.version !== locked.version || installed.integrity !== locked.integrity) {
		problems.push(
			`${path} is installed as ${installed.version} (${installed.integrity}), not as ${locked.version} (${locked.integrity}).`,
		);
	}
	return problems;
}

function problemsOnDisk(root: string, installed: Packages): string[] {
	const present = packageFolders(root, 'node_modules');
	return [
		...present
			.filter((path) => installed[path] === undefined)
			.map((path) => `${path} is there, and npm has not installed it.`),
		...Object.entries(installed).flatMap(([path, { version }]) => {
			if (!present.includes(path)) return [`${path} has been removed.`];
			const found = (readJson(join(root, path, 'package.json')) as Locked).version;
			return found === version ? [] : [`${path} has the version ${found} on the disk, not ${version}.`];
		}),
	];
}

/** Returns the paths of all packages at any depth. */
function packageFolders(root: string, folder: string): string[] {
	return namesIn(join(root, folder))
		.flatMap((name) =>
			name.startsWith('@')
				? namesIn(join(root, folder, name)).map((bare) => `${folder}/${name}/${bare}`)
				: [`${folder}/${name}`],
		)
		.flatMap((path) => [path, ...packageFolders(root, `${path}/node_modules`)]);
}

/** Returns the directories that are not hidden: `.bin` and `.cache` are no packages. */
function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder, { withFileTypes: true })
			.filter((each) => !each.isFile() && !each.name.startsWith('.'))
			.map(({ name }) => name);
	} catch {
		return [];
	}
}

function readPackages(file: string): Packages {
	return (readJson(file) as { readonly packages?: Packages }).packages ?? {};
}

function readJson(file: string): unknown {
	return JSON.parse(readFileSync(file, 'utf8'));
}

if (import.meta.main) {
	let problems: readonly string[];
	try {
		problems = packageProblems('.');
	} catch (error) {
		problems = [errorMessage(error)];
	}
	for (const each of problems) console.error(`node_modules: ${each}`);
	if (problems.length > 0) {
		console.error('Remove node_modules and run "make" again.');
		process.exitCode = 1;
	}
}
