import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { debianChangelog, debianPackage, npmPackage } from '../../../../tools/build/dist.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('debianChangelog() is what deb-changelog(5) asks for', (t) => {
	t.is(
		debianChangelog('1.2.3', 1_700_000_000),
		`slipway (1.2.3) unstable; urgency=medium

  * See CHANGELOG.md.gz.

 -- The Slipway authors <slipway@localhost>  Tue, 14 Nov 2023 22:13:20 +0000
`,
	);
});

const files = ['usr/bin/slipway', 'usr/share/doc/slipway/copyright', 'usr/share/man/man1/slipway.1.gz'];

/** Makes the files in this order, with this mode and time. */
function treeOf(t: ExecutionContext, names: readonly string[], mode: number, seconds: number): string {
	const tree = scratchFolder(t);
	for (const name of names) {
		const path = join(tree, name);
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, `This is ${name}.\n`);
		chmodSync(path, mode);
		utimesSync(path, seconds, seconds);
	}
	return tree;
}

const kinds = {
	debianPackage: (tree: string, target: string) => debianPackage(tree, target, '1.2.3', 1_700_000_000),
	npmPackage: (tree: string, target: string) => npmPackage(join(tree, 'usr'), target, '1.2.3', 1_700_000_000),
} as const;

for (const [name, make] of Object.entries(kinds))
	test(`${name}() of the same files gives the same bytes, whatever their order, modes and times`, async (t) => {
		const trees = [treeOf(t, files, 0o600, 1_000_000), treeOf(t, files.toReversed(), 0o777, 1_800_000_000)];
		const [first = '', second = ''] = await Promise.all(
			trees.map(async (tree) => readFileSync(await make(tree, scratchFolder(t)), 'latin1')),
		);
		t.true(first.length > 200);
		t.is(first, second);
		const other = treeOf(t, files, 0o600, 1_000_000);
		writeFileSync(join(other, 'usr/bin/slipway'), 'Another program.\n');
		t.not(first, readFileSync(await make(other, scratchFolder(t)), 'latin1'));
	});
