// A fresh Debian root, as a machine has it that never saw this repository, and commands that run in it without a network.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Finished, runProgram } from './program.ts';
import { type Owner, scratchFolder } from './scratch.ts';

/** Where Debian keeps the addresses of its archive: a root is made of the archive that this machine uses. */
const aptSources = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'];

/** What nobody reads here; it would be half of the root. */
const leftOut = ['/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/man/*', '/usr/share/info/*'];

/**
 * Unpacks a root with these packages and their dependencies. It is made once, by mmdebstrap (apt without a network of its own, in
 * a directory), and kept in build/.
 */
export async function debianRoot(t: Owner, packages: readonly string[]): Promise<string> {
	const key = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
	const tar = resolve(`build/test/debian-root-${key}.tar`);
	if (!existsSync(tar)) await makeRoot(tar, packages);
	const root = join(scratchFolder(t), 'root');
	mkdirSync(root);
	await succeed('tar', [
		'--extract',
		'--file',
		tar,
		'--directory',
		root,
		'--exclude=./dev/*',
		'--numeric-owner',
	]);
	return root;
}

async function makeRoot(tar: string, packages: readonly string[]): Promise<void> {
	mkdirSync(resolve('build/test'), { recursive: true });
	const [, suite = ''] = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
	const sources = aptSources.filter((file) => existsSync(file));
	const exclude = leftOut.map((path) => `--dpkgopt=path-exclude=${path}`);
	const unfinished = `${tar.replace(/\.tar$/, '')}.new.tar`;
	await succeed('mmdebstrap', [
		'--quiet',
		'--variant=essential',
		`--include=${packages.join(',')}`,
		...exclude,
		suite,
		unfinished,
		...sources,
	]);
	renameSync(unfinished, tar);
}

/** Runs a shell script in the root, in namespaces of its own: the network is the loopback interface alone. */
export async function runInRoot(root: string, script: string): Promise<Finished> {
	const inside = [
		'busybox ip link set lo up',
		'mount -t proc proc "$0/proc"',
		'mount --bind /dev "$0/dev"',
		'exec chroot "$0" sh -ec "$1"',
	].join('\n');
	const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
	return await runProgram('unshare', [...namespaces, 'sh', '-ec', inside, root, script], {
		env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TERM: 'dumb' },
	});
}

async function succeed(program: string, args: readonly string[]): Promise<void> {
	const { exitCode, stderr } = await runProgram(program, args);
	if (exitCode !== 0) throw new Error(`${program} failed:\n${stderr}`);
}
