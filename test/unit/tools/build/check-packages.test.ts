import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageProblems } from '../../../../tools/build/check-packages.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const integrity = `sha512-${'A'.repeat(86)}==`;
const other = `sha512-${'B'.repeat(86)}==`;
const one = { version: '1.0.0', integrity };

interface Tree {
	readonly locked: Readonly<Record<string, object>>;
	readonly installed?: Readonly<Record<string, object>>;
}

function treeOf(t: ExecutionContext, { locked, installed = locked }: Tree): string {
	const root = scratchFolder(t);
	const write = (path: string, value: unknown) => {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), JSON.stringify(value));
	};
	write('package-lock.json', { packages: { '': { name: 'root' }, ...locked } });
	write('node_modules/.package-lock.json', { packages: installed });
	for (const [path, each] of Object.entries(installed)) write(`${path}/package.json`, each);
	return root;
}

test('packageProblems() finds none in the packages that run this test', (t) => {
	t.deepEqual(packageProblems('.'), []);
});

const shows = test.macro({
	exec(t, tree: Tree, expected: readonly string[], change?: (root: string) => void) {
		const root = treeOf(t, tree);
		change?.(root);
		t.deepEqual(packageProblems(root), expected);
	},
	title: (what) => `packageProblems() ${what}`,
});

test(
	'accepts a scope, a package in a package and an optional one that is left out',
	shows,
	{
		locked: {
			'node_modules/@a/b': one,
			'node_modules/@a/b/node_modules/c': one,
			'node_modules/d': { ...one, optional: true },
		},
		installed: { 'node_modules/@a/b': one, 'node_modules/@a/b/node_modules/c': one },
	},
	[],
);

test('names a package that is not installed', shows, { locked: { 'node_modules/a': one }, installed: {} }, [
	'node_modules/a is not installed.',
]);

test(
	'names a package that the lock file lacks',
	shows,
	{ locked: {}, installed: { 'node_modules/a': one } },
	['node_modules/a is installed, and package-lock.json does not have it.'],
);

test(
	'names a package with another hash',
	shows,
	{
		locked: { 'node_modules/a': one },
		installed: { 'node_modules/a': { ...one, integrity: other } },
	},
	[`node_modules/a is installed as 1.0.0 (${other}), not as 1.0.0 (${integrity}).`],
);

test(
	'names a package without a SHA-512',
	shows,
	{
		locked: { 'node_modules/a': { ...one, integrity: 'sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=' } },
	},
	['node_modules/a has no SHA-512 in package-lock.json.'],
);

test(
	'names a package that wants its script run',
	shows,
	{
		locked: { 'node_modules/a': { ...one, hasInstallScript: true } },
	},
	[
		'node_modules/a has an install script, which does not run. If it works without, name it in tools/build/check-packages.ts.',
	],
);

test(
	'names what was put beside, exchanged and removed',
	shows,
	{
		locked: { 'node_modules/a': one, 'node_modules/b': one },
	},
	[
		'node_modules/a/node_modules/evil is there, and npm has not installed it.',
		'node_modules/a has the version 2.0.0 on the disk, not 1.0.0.',
		'node_modules/b has been removed.',
	],
	(root) => {
		mkdirSync(join(root, 'node_modules/a/node_modules/evil'), { recursive: true });
		writeFileSync(join(root, 'node_modules/a/package.json'), '{"version":"2.0.0"}');
		rmSync(join(root, 'node_modules/b'), { recursive: true });
	},
);
