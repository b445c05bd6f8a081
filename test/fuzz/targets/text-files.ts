// Files of a user beside the YAML: recipes of packages, lock files of images and of Debian packages, and environment files.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readVariables } from '../../../tools/config/variables.ts';
import { readDebianLock } from '../../../tools/package/debian-lock.ts';
import { loadRecipe } from '../../../tools/package/recipe.ts';
import { lockText, readLock } from '../../../tools/resolve/lock-file.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';
import { jsonWords } from '../support/json-words.ts';
import { yamlWords } from '../support/yaml-words.ts';

const digest = `sha256:${'a'.repeat(64)}`;
let folder = '';

export const target: FuzzTarget = {
	seeds: [
		`{"version":1,"images":{"docker.io/library/redis:7":"${digest}"}}`,
		'{"version":1,"packages":{"a":{"version":"1","architecture":"amd64","sha256":"00","file":"a.deb"}}}',
		'image: a\norg: b\ntag: c\ndebian:\n  - package: p\n    take: [/bin/a, "/b:/c"]\nbusybox: [sh]\nfiles: [{path: /a, contents: b, mode: "0644"}]\nconfig: {capabilities: [all]}\n',
		'image: a\nkernel: {package: k, modules: [a, b/]}\nlinks: [{path: a, target: b}]\ndirectories: [{path: a, mode: "0755"}]\n',
		'A=b\n# c\nPORT=6379\nPATH\n',
	],
	words: [...yamlWords, ...jsonWords, digest, 'base: .\n'],
	declares: isForUser,
	async run(input) {
		if (folder === '') {
			folder = mkdtempSync(join(tmpdir(), 'slipway-fuzz-files-'));
			process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
		}
		const file = join(folder, 'build.yml');
		writeFileSync(file, input);
		for (const read of [
			checkLock,
			readDebianLock,
			() => loadRecipe(folder),
			() => readVariables([], [file]),
		]) {
			try {
				await read(file);
			} catch (error) {
				if (!isForUser(error)) throw error;
			}
		}
	},
};

async function checkLock(file: string): Promise<void> {
	const lock = await readLock(file);
	if (lock === null) throw new Violation('the file is there');
	const { images } = JSON.parse(lockText(lock)) as { readonly images: object };
	if (Object.keys(images).length !== lock.size) throw new Violation('the written lock has other images');
}
