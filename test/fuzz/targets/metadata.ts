// Fuzzes what a provider's drive says: cloud-init's files, and LinuxKit's tree of files, which is written below one folder only.

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTree } from '../../../pkg/metadata/config-folder.ts';
import { isCloudConfig, parseCloudConfig, parseMetaData } from '../../../pkg/metadata/instance.ts';
import { noCloudSeed } from '../../../pkg/metadata/nocloud.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';
import { jsonWords } from '../support/json-words.ts';
import { tryJson } from '../support/try-json.ts';
import { yamlWords } from '../support/yaml-words.ts';

let folder = '';

export const target: FuzzTarget = {
	seeds: [
		'local-hostname: a\npublic-keys:\n  - ssh-rsa x\n',
		'#cloud-config\nhostname: b\nssh_authorized_keys: [x]\n',
		'{"a":{"content":"x","perm":"0644"},"d":{"entries":{"e":{"content":"y"}}}}',
		'console=ttyS0 ds=nocloud-net;s=http://a/b;h=c quiet',
		'{"ssh":{"entries":{"authorized_keys":{"perm":"0600","content":"k"}}}}',
	],
	words: [
		'ds=nocloud;',
		's=http://',
		...yamlWords,
		...jsonWords,
		'..',
		'/',
		'"content":',
		'"entries":{',
		'"perm":"4755"',
	],
	declares: never,
	async run(input) {
		const text = input.toString('utf8');
		const parse = isCloudConfig(text) ? parseCloudConfig : parseMetaData;
		const { hostname, keys } = await parse(text);
		if (hostname !== null && typeof hostname !== 'string') throw new Violation('a hostname that is no text');
		if (keys.some((key) => key.includes('\n') || key.trim() === ''))
			throw new Violation('a key of several lines');
		const seed = noCloudSeed(text);
		if (seed !== null && !/:\/\/.*\/$/s.test(seed.url)) throw new Violation(`the server ${seed.url}`);
		checkTree(tryJson(input));
	},
};

function checkTree(tree: unknown): void {
	if (tree === undefined) return;
	if (folder === '') {
		folder = mkdtempSync(join(tmpdir(), 'slipway-fuzz-metadata-'));
		process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
	}
	rmSync(join(folder, 'config'), { recursive: true, force: true });
	mkdirSync(join(folder, 'config'));
	const problems: string[] = [];
	writeTree(join(folder, 'config'), tree, problems);
	if (readdirSync(folder).join() !== 'config') throw new Violation(`written beside: ${readdirSync(folder)}`);
	const unsafe = problems.find((problem) => /[\p{Cc}\u202a-\u202e]/u.test(problem));
	if (unsafe !== undefined)
		throw new Violation(`a problem is unsafe to print: ${JSON.stringify(unsafe.slice(0, 200))}`);
}
