// The folders and who may import whom, as the architecture says: host and guest share the contract, nothing else.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import test from 'ava';

/**
 * For each folder, the folders (or single parts of one) that it may import from besides itself.
 *
 * The one executable has the packages' programs too: its entry, in init/, picks them from their table and from
 * nowhere else, so that PID 1 can't come to depend on one.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
	native: [],
	supervisor: ['native'],
	init: ['supervisor', 'native', 'pkg/applet/applet.ts', 'pkg/applets.ts'],
	pkg: ['native', 'native/linux/make-folder.ts', 'native/linux/mount-calls.ts'],
	tools: ['supervisor/contract'],
};

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

for (const [folder, targets] of Object.entries(allowed)) {
	test(`${folder}/ imports only ${['itself', ...targets].join(', ')} and packages`, (t) => {
		const imports = importsOf(folder);
		for (const { file, from } of imports) {
			if (!from.startsWith('.')) continue;
			const target = normalize(join(dirname(file), from));
			const isAllowed = [folder, ...targets].some((each) => target === each || target.startsWith(`${each}/`));
			t.true(isAllowed, `${file} imports ${target}`);
			t.regex(target, /\.(ts|js)$/, `${file}: an import ends in .ts`);
		}
		t.true(imports.length > 0);
	});
}

for (const folder of ['init', 'supervisor', 'native']) {
	test(`${folder}/ starts no child behind the reaper`, (t) => {
		for (const { file, from } of importsOf(folder)) t.notRegex(from, /child_process|cluster$/, file);
	});
}

for (const folder of ['init', 'supervisor', 'native', 'pkg']) {
	test(`${folder}/ makes folders by makeFolder(): Node's recursive mkdir may never return`, (t) => {
		for (const file of globSync(`${folder}/**/*.ts`)) {
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

test('no file has grown over 400 lines', (t) => {
	for (const file of globSync('{init,supervisor,native,pkg,tools,test}/**/*.{ts,cc,h}')) {
		if (file.includes('fixtures')) continue;
		t.true(readFileSync(file, 'utf8').split('\n').length <= 401, file);
	}
});
