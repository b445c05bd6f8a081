// Provides the Debian packages that a target of the Makefile needs: installs the missing ones, or unpacks them into a
// directory. Servers are only unpacked: the package of a server enables it on a host with systemd.
//
//	node tools/build/debian-packages.ts install NAME...
//	node tools/build/debian-packages.ts unpack DIRECTORY NAME...

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { SlipwayError } from '../errors.ts';
import { runTool } from '../files/run-tool.ts';
import { createAptSource } from '../package/apt-source.ts';

/** What the commands need of the machine. */
export interface DebianMachine {
	/** Returns a line `STATUS NAME` (dpkg-query(1), `db:Status-Abbrev`) for each known package. */
	query(names: readonly string[]): string;
	readonly hasPackageLists: boolean;
	/** Reports whether a program can run as root without a question. */
	isRootFree(): boolean;
	/** Runs a program as root, through sudo(8) where that is needed, with the caller's terminal. */
	asRoot(program: string, args: readonly string[]): 'done' | 'failed';
	print(line: string): void;
}

/**
 * Installs the packages that are missing. The package lists are refreshed too, because `pkg build` downloads by them, but
 * no password is asked for that alone.
 */
export function installPackages(names: readonly string[], machine: DebianMachine): void {
	const missing = missingPackages(names, machine.query(names));
	const mustUpdate = missing.length > 0 || !machine.hasPackageLists;
	if (mustUpdate || machine.isRootFree()) {
		if (machine.asRoot('apt-get', ['update', '-q']) === 'failed')
			machine.print('apt-get update failed; the package lists stay as they are.');
	} else {
		machine.print('The package lists stay as they are: "sudo apt-get update" refreshes them.');
	}
	if (missing.length === 0) return;
	machine.print(`Installing Debian packages: ${missing.join(' ')}`);
	const options = [
		'DEBIAN_FRONTEND=noninteractive',
		'apt-get',
		'install',
		'-y',
		'-q',
		'--no-install-recommends',
	];
	if (machine.asRoot('env', [...options, ...missing]) === 'failed')
		throw new SlipwayError('TOOL_FAILED', `These Debian packages can't be installed: ${missing.join(' ')}`);
}

/** @param queried - lines `STATUS NAME`; a removed package with left configuration has another status than `ii` */
export function missingPackages(names: readonly string[], queried: string): readonly string[] {
	const installed = new Set(queried.split('\n').flatMap((line) => /^ii +(\S+)$/.exec(line)?.[1] ?? []));
	return names.filter((name) => !installed.has(name));
}

/** Replaces `folder` with the files of these packages, without their dependencies. apt checks what it downloads. */
async function unpackPackages(folder: string, names: readonly string[]): Promise<void> {
	const unfinished = `${folder}.new`;
	await rm(unfinished, { recursive: true, force: true });
	await mkdir(unfinished, { recursive: true });
	const source = createAptSource(unfinished);
	const candidates = await source.candidates(names);
	for (const name of names) {
		const candidate = candidates.get(name);
		if (candidate === undefined) throw source.unknown(name);
		const file = await source.fetch(candidate);
		await runTool('dpkg-deb', ['--extract', file, unfinished]);
		await rm(file);
	}
	await rm(folder, { recursive: true, force: true });
	await rename(unfinished, folder);
}

const thisMachine: DebianMachine = {
	query(names) {
		const format = ['--showformat', '${db:Status-Abbrev} ${Package}\\n'];
		// The status is 1 when a package is unknown.
		return spawnSync('dpkg-query', ['--show', ...format, ...names], { encoding: 'utf8' }).stdout ?? '';
	},
	get hasPackageLists() {
		return readdirSync('/var/lib/apt/lists').some((name) => /_Packages(\.\w+)?$/.test(name));
	},
	isRootFree: () => process.getuid?.() === 0 || spawnSync('sudo', ['-n', 'true']).status === 0,
	asRoot(program, args) {
		const [first = '', ...rest] = process.getuid?.() === 0 ? [program, ...args] : ['sudo', program, ...args];
		try {
			execFileSync(first, rest, { stdio: 'inherit' });
			return 'done';
		} catch {
			return 'failed';
		}
	},
	print: (line) => console.error(line),
};

async function runCommand([command, ...args]: readonly string[]): Promise<void> {
	const [folder, ...names] = args;
	if (command === 'install') installPackages(args, thisMachine);
	else if (command === 'unpack' && folder !== undefined) await unpackPackages(folder, names);
	else throw new Error('Expected install NAME... or unpack DIRECTORY NAME...');
}

if (import.meta.main) {
	try {
		await runCommand(process.argv.slice(2));
	} catch (error) {
		console.error(error instanceof SlipwayError ? error.message : error);
		process.exitCode = 1;
	}
}
