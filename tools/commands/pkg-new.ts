// `slipway pkg new`: writes a commented recipe to start from.

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { jsonText } from '../../native/text/json-text.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import { namingTarget } from '../files/system-error.ts';
import { jsonArrayOption } from '../options/common-options.ts';
import { recipeStarters } from '../package/recipe-starters.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Writes the directory DIR with build.yml, a recipe to start from, with comments that explain it. The last part
of DIR becomes the image's name. A directory that is there already stays as it is.`;

const notes = `Examples:

  slipway pkg new hello --from python
  slipway pkg build hello`;

const options = {
	from: {
		choices: Object.keys(recipeStarters),
		default: 'debian',
		help:
			'what the image is made of. debian: a program of a Debian package. files: files of your own. node, python: a program in this ' +
			'language, and what runs it. image: another image of the store',
	},
	...jsonArrayOption,
} as const satisfies OptionTable;

export const pkgNewCommand: Command = {
	name: 'pkg new',
	summary: 'write a commented recipe to start from',
	operands: 'DIR',
	operandsComplete: 'directory',
	about,
	options,
	notes,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		const [folder, ...more] = positionals;
		if (folder === undefined || more.length > 0)
			throw new UsageError('pkg new needs one DIR, for example hello.');
		if (existsSync(folder)) throw new SlipwayError('NO_FILE', `${folder} exists. Choose another name.`);
		const name = basename(folder);
		if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name))
			throw new UsageError(
				`pkg new ${folder}: expected a name of lower-case letters, digits and single . _ - between them.`,
			);
		const recipe = Object.entries(recipeStarters[values.from]?.(name) ?? {});
		const files = recipe.map(([path, text]) => [join(folder, path), text] as const);
		for (const [file, text] of files) {
			await namingTarget(file, async () => {
				makeFolder(dirname(file), 0o777);
				await writeFile(file, text, { mode: text.startsWith('#!') ? 0o777 : 0o666 });
			});
			if (!values.json) streams.out.write(`${file}\n`);
		}
		if (values.json) streams.out.write(jsonText(files.map(([file]) => file)));
		streams.err.write(
			`Build it with "slipway pkg build ${folder}", and name it in a YAML file: image: slipway/${name}:v1\n`,
		);
		return 0;
	},
};
