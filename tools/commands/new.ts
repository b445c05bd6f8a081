// `slipway new`: writes a commented YAML file to start from. The files are those of examples/, which the tests boot.

import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { getAsset, isSea } from 'node:sea';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { jsonText } from '../../native/text/json-text.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import { homeFolderOrNull } from '../files/home-folder.ts';
import { replaceFile } from '../files/replace-file.ts';
import { namingTarget } from '../files/system-error.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { jsonArrayOption } from '../options/common-options.ts';
import { recipeStarters } from '../package/recipe-starters.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { isLanguage, type Language, programSystem } from './program-starter.ts';

const about = `Writes NAME.yml, a system to start from, with comments that explain it. The system boots as it is written. A file that
is there already stays, unless --force is given. NAME may begin with a directory.`;

/** The kinds of systems, and the file of examples/ that each of them is. */
export const starters = {
	nginx: 'nginx',
	redis: 'redis-os',
	sshd: 'sshd',
	docker: 'docker',
} as const;

export type Starter = keyof typeof starters;

const options = {
	from: {
		choices: [...Object.keys(starters), 'node', 'python'],
		default: 'nginx',
		help:
			'what the system is. nginx: a web server with a page of its own. redis: a Redis server. sshd: a machine that you log in to with ' +
			'your ssh key. docker: a Docker engine with a disk. node, python: a program of your own in this language; its recipe is written ' +
			'to the directory NAME',
	},
	force: { help: 'replace a file that is there already' },
	...jsonArrayOption,
} as const satisfies OptionTable;

const notes = `Examples:

  slipway new web
  slipway new cache --from redis`;

/** The public keys that ssh-keygen(1) writes, the preferred one first. */
const publicKeys = ['id_ed25519.pub', 'id_ecdsa.pub', 'id_rsa.pub'];

export const newCommand: Command = {
	name: 'new',
	summary: 'write a commented YAML file to start from',
	operands: 'NAME',
	about,
	notes,
	options,
	async run(args, streams) {
		const { path, name, from, force, json } = parse(args);
		const home = homeFolderOrNull();
		const key = home === null ? null : publicKeyOf(home);
		const files = isLanguage(from)
			? programFiles(from, path, name)
			: new Map([
					[
						path,
						starterText(from, starterSource(from), { path, name, publicKey: key ?? publicKeys[0] ?? '' }),
					],
				]);
		const there = [...files.keys()].find((file) => existsSync(file));
		if (there !== undefined && !force)
			throw new SlipwayError('NO_FILE', `${there} exists. Choose another name, or replace it by --force.`);
		await removingOnSignals(async (temporary) => {
			for (const [file, text] of files) {
				await namingTarget(file, async () => {
					makeFolder(dirname(file), 0o777);
					await replaceFile(file, temporary, (unfinished) => writeFile(unfinished, text));
				});
				if (!json) streams.out.write(`${file}\n`);
			}
		});
		if (json) streams.out.write(jsonText([...files.keys()]));
		if (from === 'sshd' && key === null)
			streams.err.write(`~/.ssh has no public key: "ssh-keygen -t ed25519" makes one before the build.\n`);
		if (!json) streams.err.write(`Next: ${nextCommand(from, path)}\n`);
		return 0;
	},
};

/** Returns what builds and boots the system, for a shell. The Docker engine needs more memory than usual, and keeps images on a disk. */
function nextCommand(from: Starter | Language, path: string): string {
	const up = `slipway up ${from === 'docker' ? '--memory 2048 --disk size=2G ' : ''}${path}`;
	return isLanguage(from) ? `slipway pkg build ${recipeFolder(path)} && ${up}` : up;
}

function recipeFolder(path: string): string {
	return path.replace(/\.ya?ml$/, '');
}

/** Returns the recipe of the program's image, and the system that has it as a service. */
function programFiles(language: Language, path: string, name: string): ReadonlyMap<string, string> {
	if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name))
		throw new UsageError(
			`The image of the program gets the name "${name}": expected lower-case letters, digits and single . _ - between them.`,
		);
	const folder = recipeFolder(path);
	const recipe = Object.entries(recipeStarters[language]?.(name) ?? {});
	return new Map([
		...recipe.map(([file, text]) => [join(folder, file), text] as const),
		[path, programSystem(language, name, path, folder)] as const,
	]);
}

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, options);
	const [named, more] = positionals;
	if (named === undefined) throw new UsageError('new needs a NAME, for example web.');
	if (more !== undefined) throw new UsageError(`new takes one NAME: ${more} is too much.`);
	const path = /\.ya?ml$/.test(named) ? named : `${named}.yml`;
	const name = path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
	if (!/^[A-Za-z0-9][\w.-]*$/.test(name))
		throw new UsageError(
			`The name "${named}" must consist of letters, digits, "_", "-" and ".", and begin with a letter or a digit.`,
		);
	return {
		path,
		name,
		from: values.from as Starter | Language,
		force: values.force,
		json: values.json,
	} as const;
}

/** Returns the name of a public key in ~/.ssh; null when there is none. */
function publicKeyOf(home: string): string | null {
	return publicKeys.find((key) => existsSync(join(home, '.ssh', key))) ?? null;
}

/** The executable has the files of examples/ as assets; a run from the sources reads the files. */
export function starterSource(from: Starter): string {
	const file = starterFile(from);
	if (isSea()) return getAsset(file, 'utf8');
	return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
}

/** Returns the path in the repository, which is also the name of the executable's asset. */
export function starterFile(from: Starter): string {
	return `examples/${starters[from]}.yml`;
}

/** Returns an example as a file of its own: the commands in its head are about the new file. */
export function starterText(
	from: Starter,
	example: string,
	{ path, name, publicKey }: { readonly path: string; readonly name: string; readonly publicKey: string },
): string {
	const old = starters[from];
	return example
		.split('\n')
		.map((line) => {
			if (!line.startsWith('#')) return line.replace('~/.ssh/id_ed25519.pub', `~/.ssh/${publicKey}`);
			if (line.includes('slipway build ')) return `#   slipway build ${path}`;
			return /slipway run .*/.test(line) ? line.replace(new RegExp(` ${old}$`), ` ${name}`) : line;
		})
		.join('\n');
}
