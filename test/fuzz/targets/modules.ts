// The indexes of kernel modules, which an image brings, and aliases of devices. A line of the input is the alias; the rest
// stands for every index.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AliasIndex } from '../../../init/modules/alias-index.ts';
import { matchesGlob } from '../../../init/modules/matches-glob.ts';
import { ModuleTree } from '../../../init/modules/module-tree.ts';
import { parseModulesDevname } from '../../../init/modules/static-nodes.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';

let folder = '';

export const target: FuzzTarget = {
	seeds: [
		'pci:v00008086d00001234sv1\nalias pci:v00008086d*sv* e1000\nalias usb:* x\nalias *:y z\n',
		'a-b\nkernel/a-b.ko.xz: kernel/c.ko kernel/d.ko\nkernel/c.ko: kernel/d.ko\nkernel/d.ko:\nsoftdep a_b pre: c post: d\n',
		'axb\na?[a-z!]\\x\n',
		'[!a]*\nfuse fuse c10:229\ntun net/tun c10:200\noptions a b=c\nblacklist d\n',
	],
	words: [
		'alias ',
		'softdep ',
		' pre: ',
		' post: ',
		'options ',
		'blacklist ',
		'.ko',
		': ',
		'*',
		'[!a-z]',
		'[]',
		'\\',
		'?',
	],
	declares: never,
	run(input) {
		const [alias = '', ...lines] = input.toString('utf8').split('\n');
		const text = lines.join('\n');
		new AliasIndex(text).modulesFor(alias);
		for (const glob of lines.slice(0, 20)) matchesGlob(alias.slice(0, 4096), glob);
		for (const { name } of parseModulesDevname(text)) {
			if (name.split('/').includes('..')) throw new Violation(`the node ${name}`);
		}
		checkTree(text, alias);
	},
};

function checkTree(text: string, alias: string): void {
	if (folder === '') {
		folder = mkdtempSync(join(tmpdir(), 'slipway-fuzz-modules-'));
		process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
		mkdirSync(join(folder, 'modprobe.d'));
	}
	for (const name of ['dep', 'builtin', 'softdep', 'alias', 'symbols'])
		writeFileSync(join(folder, `modules.${name}`), text);
	writeFileSync(join(folder, 'modprobe.d/a.conf'), text);
	const tree = new ModuleTree(folder, [join(folder, 'modprobe.d')]);
	for (const name of [alias, ...tree.modulesForAlias(alias)].slice(0, 20)) {
		const files = tree.filesFor(name);
		if (new Set(files.map((file) => file.name)).size !== files.length) throw new Violation('a module twice');
	}
	tree.isKnown(alias);
}
