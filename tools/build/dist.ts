// Makes what a person installs, in build/dist: a Debian package, and an npm package of the same files. The files lie as below
// /usr: the program finds `share/slipway/packages.tar` from its own path.
//
//	node tools/build/dist.ts [deb] [npm]

import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { hostProcessor } from '../../supervisor/contract/processors.ts';
import { commands } from '../cli.ts';
import { runTool } from '../files/run-tool.ts';
import { loadRecipe, recipeReference } from '../package/recipe.ts';
import { recipeFolders } from '../package/recipe-folders.ts';
import { bashCompletion } from '../terminal/completion/bash.ts';
import { fishCompletion } from '../terminal/completion/fish.ts';
import { zshCompletion } from '../terminal/completion/zsh.ts';
import { npmPackagesOf } from './executable-software.ts';
import { manPages } from './man-pages.ts';
import { projectVersion } from './project-version.ts';
import { sourcesFile } from './single-executable.ts';

const program = 'build/slipway';
const folder = 'build/dist';

/** Nobody has published an address. */
const maintainer = 'The Slipway authors <slipway@localhost>';

/** What the program's Node is linked with, QEMU for `run`, and lz4 for the root images of `build`. */
export const depends = ['libc6 (>= 2.28)', 'libatomic1', 'libgcc-s1', 'libstdc++6', 'qemu-system-x86', 'lz4'];
/** qemu-img makes the disks of `run --disk`, xz the root images of `build --compression best`. */
const suggests = ['qemu-utils', 'xz-utils', 'openssh-client'];

/** @param kinds - `deb`, `npm` or both */
async function makeDist(kinds: readonly string[]): Promise<void> {
	const version = await projectVersion();
	const epochSeconds = sourceDateEpoch();
	await rm(folder, { recursive: true, force: true });
	const tree = join(folder, 'tree/usr');
	await addProgram(tree);
	await addPackages(tree);
	await addDocuments(tree, version, epochSeconds);
	const files = [
		...(kinds.includes('deb')
			? [await debianPackage(join(folder, 'tree'), folder, version, epochSeconds)]
			: []),
		...(kinds.includes('npm') ? [await npmPackage(tree, folder, version, epochSeconds)] : []),
	];
	await rm(join(folder, 'tree'), { recursive: true });
	for (const file of files) console.log(`${file}: ${((await stat(file)).size / 1e6).toFixed(1)} MB`);
}

/** Returns the time of all files: that of the environment, else of the commit, else 1970. */
function sourceDateEpoch(): number {
	const given = process.env['SOURCE_DATE_EPOCH'];
	if (given !== undefined && /^\d+$/.test(given)) return Number(given);
	try {
		return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8' }));
	} catch {
		return 0;
	}
}

async function addProgram(tree: string): Promise<void> {
	await mkdir(join(tree, 'bin'), { recursive: true });
	await copyFile(program, join(tree, 'bin/slipway'));
	await chmod(join(tree, 'bin/slipway'), 0o755);
}

/** Exports the system packages of the store, which `make packages` has filled. */
async function addPackages(tree: string): Promise<void> {
	const recipes = await Promise.all(recipeFolders('dist', []).map((folder) => loadRecipe(folder)));
	const archive = join(tree, 'share/slipway/packages.tar');
	await mkdir(dirname(archive), { recursive: true });
	await runTool(resolve(program), ['cache', 'export', '--output', archive, ...recipes.map(recipeReference)]);
}

async function addDocuments(tree: string, version: string, epochSeconds: number): Promise<void> {
	const files = new Map<string, string | Buffer>([
		['share/bash-completion/completions/slipway', bashCompletion(commands)],
		['share/zsh/vendor-completions/_slipway', zshCompletion(commands)],
		['share/fish/vendor_completions.d/slipway.fish', fishCompletion(commands)],
		['share/doc/slipway/copyright', await licences()],
		['share/doc/slipway/CHANGELOG.md.gz', gzipSync(await readFile('CHANGELOG.md'), { level: 9 })],
		['share/doc/slipway/changelog.gz', gzipSync(debianChangelog(version, epochSeconds), { level: 9 })],
	]);
	for (const [name, text] of manPages(version))
		files.set(`share/man/man${name.at(-1)}/${name}.gz`, gzipSync(text, { level: 9 }));
	for (const [name, text] of files) await write(join(tree, name), text);
}

/** Returns the one entry that tools of Debian, such as apt-listchanges, look for (deb-changelog(5)). */
export function debianChangelog(version: string, epochSeconds: number): string {
	const date = new Date(epochSeconds * 1000).toUTCString().replace('GMT', '+0000');
	return `slipway (${version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n -- ${maintainer}  ${date}\n`;
}

/** Returns the licences of slipway and of what is in its executable: Node, with its parts, and npm packages. */
async function licences(): Promise<string> {
	const sources = JSON.parse(await readFile(sourcesFile(program), 'utf8')) as readonly string[];
	const names = [hostProcessor.nodePackage, ...npmPackagesOf(sources)];
	const texts = [`slipway\n\n${await readFile('LICENSE', 'utf8')}`];
	for (const name of names) {
		const packageFolder = join('node_modules', name);
		const file = (await readdir(packageFolder)).find((each) => /^licen[cs]e/i.test(each));
		if (file !== undefined) texts.push(`${name}\n\n${await readFile(join(packageFolder, file), 'utf8')}`);
	}
	texts.push(
		'/usr/share/slipway/packages.tar has programs of Debian packages, under the licences of these. "slipway build --sbom" names ' +
			"packages and versions; their sources are in Debian's archive.\n",
	);
	return texts.join(`\n${'-'.repeat(78)}\n\n`);
}

/**
 * Makes the package of a tree that has `usr/`, and returns its path. The same files give the same bytes, whatever their order, times and
 * modes are in the tree.
 *
 * @param target - the directory for the package
 */
export async function debianPackage(
	root: string,
	target: string,
	version: string,
	epochSeconds: number,
): Promise<string> {
	const installedKilobytes = Math.ceil((await sizeOf(root)) / 1024);
	const control = [
		'Package: slipway',
		`Version: ${version}`,
		`Architecture: ${hostProcessor.name}`,
		`Maintainer: ${maintainer}`,
		`Installed-Size: ${installedKilobytes}`,
		`Depends: ${depends.join(', ')}`,
		`Suggests: ${suggests.join(', ')}`,
		'Section: utils',
		'Priority: optional',
		'Description: small, immutable Linux systems from YAML files',
		' Slipway turns a YAML file into a kernel and an initrd with containers, in the',
		' format of LinuxKit, and boots them in QEMU. The system packages are included.',
		'',
	].join('\n');
	await write(join(root, 'DEBIAN/control'), control);
	await settle(root, epochSeconds);
	const file = join(target, `slipway_${version}_${hostProcessor.name}.deb`);
	// Most bytes are compressed already: xz at level 1 takes many times as long for 2 % less.
	const compression = ['-Zzstd', '-z6'];
	execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, file], {
		stdio: ['ignore', 'ignore', 'inherit'],
		env: { ...process.env, SOURCE_DATE_EPOCH: String(epochSeconds) },
	});
	await rm(join(root, 'DEBIAN'), { recursive: true });
	return file;
}

/** As `debianPackage`. The package's own files are those below /usr; npm links the program and the manual pages. */
export async function npmPackage(
	tree: string,
	target: string,
	version: string,
	epochSeconds: number,
): Promise<string> {
	const manual = (await filesBelow(join(tree, 'share/man'))).map((path) => `./share/man/${path}`);
	const manifest = {
		name: 'slipway',
		version,
		description: 'Turns a YAML file into a small, immutable Linux system and launches it',
		license: 'Apache-2.0',
		os: ['linux'],
		cpu: [hostProcessor.nodeArch],
		bin: { slipway: 'bin/slipway' },
		man: manual,
		files: ['bin', 'share'],
	};
	await write(join(tree, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
	await settle(tree, epochSeconds);
	const packed = await runTool('npm', ['pack', '--silent', '--ignore-scripts', resolve(tree)], {
		cwd: target,
	});
	return join(target, packed.trim());
}

async function write(path: string, content: string | Buffer): Promise<void> {
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, content);
}

/** Gives all files the same mode and time, whatever umask the build has. */
async function settle(root: string, epochSeconds: number): Promise<void> {
	const paths = await readdir(root, { recursive: true, withFileTypes: true });
	for (const entry of paths) {
		const path = join(entry.parentPath, entry.name);
		await chmod(path, entry.isDirectory() || entry.parentPath.endsWith('/bin') ? 0o755 : 0o644);
		await utimes(path, epochSeconds, epochSeconds);
	}
	await chmod(root, 0o755);
	await utimes(root, epochSeconds, epochSeconds);
}

async function sizeOf(root: string): Promise<number> {
	let sum = 0;
	for (const path of await filesBelow(root)) sum += (await stat(join(root, path))).size;
	return sum;
}

async function filesBelow(root: string): Promise<readonly string[]> {
	const entries = await readdir(root, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
		.sort();
}

if (import.meta.main) {
	const kinds = process.argv.slice(2);
	await makeDist(kinds.length > 0 ? kinds : ['deb', 'npm']);
}
