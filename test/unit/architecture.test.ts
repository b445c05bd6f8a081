// Who may import whom, as docs/architecture.md says, and other rules that hold for every file.

import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import test from 'ava';
import {
	circles,
	type ImportingFile,
	readArchitecture,
	type SourceFile,
	unusedExports,
	wrongImports,
} from '../helpers/layers.ts';

interface Import {
	readonly file: string;
	readonly from: string;
}

function importsOf(folder: string): Import[] {
	return globSync(`${folder}/**/*.ts`).flatMap((file) => {
		const source = readFileSync(file, 'utf8');
		const named = [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)];
		return named.map((match) => ({ file, from: match[1] ?? '' }));
	});
}

const folders = ['native', 'supervisor', 'pkg', 'init', 'tools'];
const architecture = readArchitecture(readFileSync('docs/architecture.md', 'utf8'));
const sources: readonly ImportingFile[] = folders.flatMap((folder) => {
	const imports = Map.groupBy(importsOf(folder), ({ file }) => file);
	return globSync(`${folder}/**/*.ts`).map((file) => ({
		file,
		imports: (imports.get(file) ?? [])
			.filter(({ from }) => from.startsWith('.'))
			.map(({ from }) => normalize(join(dirname(file), from))),
	}));
});

test('every import goes down in the layers of docs/architecture.md', (t) => {
	t.true(sources.length > 400);
	t.deepEqual(wrongImports(architecture, sources), []);
});

test('no files import each other in a circle', (t) => {
	t.deepEqual(circles(sources), []);
});

test('every layer of docs/architecture.md has files', (t) => {
	for (const name of architecture.layers.flat()) {
		t.true(globSync(name.endsWith('.ts') ? name : `${name}/**/*.ts`).length > 0, name);
	}
});

test('every import of a file of ours ends in .ts', (t) => {
	for (const { file, from } of folders.flatMap(importsOf)) {
		if (from.startsWith('.')) t.regex(from, /\.(ts|js)$/, file);
	}
});

const turned: readonly [title: string, file: string, imported: string, expected: RegExp | null][] = [
	['down', 'tools/commands/build.ts', 'tools/images/store.ts', null],
	['up', 'tools/images/store.ts', 'tools/commands/build.ts', /which is not below it/],
	['sideways', 'tools/trust/verify-image.ts', 'tools/resolve/plan.ts', /which is not below it/],
	[
		'from the host into the guest',
		'tools/machine/machine.ts',
		'supervisor/supervisor.ts',
		/which is closed to it/,
	],
	['from the guest into the host', 'supervisor/cli/tables.ts', 'tools/errors.ts', /which is closed to it/],
	['to a new folder', 'tools/commands/build.ts', 'tools/utils/all.ts', /belongs to no layer/],
];
for (const [title, file, imported, expected] of turned) {
	test(`wrongImports() of an arrow ${title}`, (t) => {
		const found = wrongImports(architecture, [{ file, imports: [imported] }]);
		if (expected === null) t.deepEqual(found, []);
		else t.regex(found.join(), expected);
	});
}

test('wrongImports() notices each arrow of the sources that is turned', (t) => {
	for (const { file, imports } of sources) {
		for (const path of imports) {
			// Within one folder only circles() decides.
			if (wrongImports(architecture, [{ file: path, imports: [file] }]).length > 0) continue;
			const both = circles([
				{ file, imports: [path] },
				{ file: path, imports: [file] },
			]);
			t.is(both.length, 1, `${path} could import ${file}`);
		}
	}
});

test('circles() finds a circle of three', (t) => {
	const files = [
		{ file: 'a', imports: ['b'] },
		{ file: 'b', imports: ['c', 'd'] },
		{ file: 'c', imports: ['a'] },
		{ file: 'd', imports: [] },
	];
	t.deepEqual(circles(files), [['a', 'b', 'c']]);
});

function sourcesOf(pattern: string): SourceFile[] {
	return globSync(pattern).map((file) => ({ file, text: readFileSync(file, 'utf8') }));
}

test('every exported value has an importer in another file', (t) => {
	// Generated from containerd's definitions, with a reader and a writer for each message.
	const files = sourcesOf('{native,supervisor,pkg,init,tools}/**/*.ts').filter(
		({ file }) => file !== 'supervisor/containerd/messages.ts',
	);
	t.deepEqual(unusedExports(files, [...files, ...sourcesOf('test/**/*.ts')]), []);
});

test('unusedExports() finds an export without an importer, and no other', (t) => {
	const text = (...lines: string[]): string => lines.join('\n');
	const exporting = [
		['export const used = 1;', 'export const unused = 2;', 'const own = 3;', 'export type Shape = 4;'],
		['export async function* renamed() {}', 'export class Unused {}', 'export function passedOn() {}'],
		['export const any = 1;'],
	].map((lines, index) => ({ file: `tools/a/${index}.ts`, text: text(...lines) }));
	const importing = {
		file: 'tools/b/b.ts',
		text: text(
			"import {\n\ttype Shape,\n\tused,\n} from '../a/0.ts';",
			"import { renamed as other } from '../a/1.ts';",
			"export { passedOn } from '../a/1.ts';",
			"const { any } = await import('../a/2.ts');",
		),
	};
	t.deepEqual(unusedExports(exporting, [importing]), ['tools/a/0.ts unused', 'tools/a/1.ts Unused']);
	t.is(unusedExports(exporting, []).length, 6);
});

for (const folder of ['init', 'supervisor', 'native']) {
	test(`${folder}/ starts no child behind the reaper`, (t) => {
		for (const { file, from } of importsOf(folder)) t.notRegex(from, /child_process|cluster$/, file);
	});
}

for (const folder of ['init', 'supervisor', 'native', 'pkg', 'tools']) {
	test(`${folder}/ makes folders by makeFolder(): Node's recursive mkdir may never return`, (t) => {
		for (const file of globSync(`${folder}/**/*.ts`)) {
			// It makes folders of a clone alone.
			if (file.startsWith('tools/build/')) continue;
			t.notRegex(readFileSync(file, 'utf8'), /mkdir\w*\([^;]*recursive: true[^;]*\);/, file);
		}
	});
}

test("PID 1's own story needs none of the packages' programs", (t) => {
	const users = importsOf('init').filter(({ from }) => from.endsWith('/pkg/applets.ts'));
	t.deepEqual(
		users.map(({ file }) => file),
		['init/programs-main.ts'],
	);
});

test('the top level has what its layout says, and nothing that a trial has left', (t) => {
	const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean);
	const entries = new Set(files.map((file) => file.split('/')[0] ?? ''));
	t.deepEqual([...entries].filter((entry) => !entry.startsWith('.')).sort(), [
		...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'Makefile', 'README.md', 'biome.json', 'docs'],
		...['examples', 'init', 'native', 'package-lock.json', 'package.json', 'pkg', 'supervisor'],
		...['test', 'tools', 'tsconfig.json'],
	]);
});

test('no file has grown over 400 lines', (t) => {
	for (const file of globSync('{init,supervisor,native,pkg,tools,test}/**/*.{ts,cc,h}')) {
		if (file.includes('fixtures')) continue;
		t.true(readFileSync(file, 'utf8').split('\n').length <= 401, file);
	}
});

test('every file of ours that a comment names exists', (t) => {
	const named = sourcesOf('{init,supervisor,native,pkg,tools,test}/**/*.{ts,c,cc,h}').flatMap(
		({ file, text }) =>
			[...text.matchAll(/^\s*(?:\/\/|\/?\*).*$/gm)].flatMap(([comment]) =>
				// The kernel's own files, such as init/main.c, are in other folders of C.
				[...comment.matchAll(/(?<![\w./-])(?:\w+\/[\w./-]+\.ts|native\/\w+\/[\w-]+\.(?:cc?|h))\b/g)].map(
					([path]) => ({ file, path }),
				),
			),
	);
	t.true(named.length > 100);
	// A path begins at the clone, at the folder of the file, or at the first of its folders.
	const isThere = ({ file, path }: (typeof named)[number]): boolean =>
		['.', dirname(file), file.split('/', 1).join()].some((folder) => existsSync(join(folder, path)));
	t.deepEqual(
		named.filter((each) => !isThere(each)),
		[],
	);
});

const words = [...readFileSync('docs/architecture.md', 'utf8').matchAll(/`([^`\n]+)`|(\w+\(\))/g)].map(
	([, quoted, called]) => quoted ?? called ?? '',
);

test('every file that docs/architecture.md names exists', (t) => {
	const paths = words.filter((word) => /^(?:native|supervisor|init|pkg|tools|test)\/[\w./*-]+$/.test(word));
	t.true(paths.length > 10);
	for (const path of paths) t.true(globSync(path).length > 0, path);
});

test('every function that docs/architecture.md names exists', (t) => {
	const names = words.flatMap((word) => /^([a-z]\w+)\(\)$/.exec(word)?.[1] ?? []);
	t.true(names.length > 10);
	const texts = sourcesOf('{native,supervisor,init,tools}/**/*.ts').map(({ text }) => text);
	for (const name of names)
		t.true(
			texts.some((text) => new RegExp(`^export (?:async )?function\\*? ${name}\\b`, 'm').test(text)),
			name,
		);
});
