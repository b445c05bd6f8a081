import test from 'ava';
import { archiveParts } from '../../../../tools/archive/archive-parts.ts';
import { cpioArchive } from '../../../../tools/archive/cpio.ts';
import type { Entry, FileEntry, HardLinkEntry } from '../../../../tools/archive/entry.ts';

const common = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 };
const maxBytes = 10_000;

function file(
	path: string,
	sizeBytes: number,
	links: readonly string[] = [],
): [FileEntry, ...HardLinkEntry[]] {
	const names = links.map(
		(name): HardLinkEntry => ({ ...common, kind: 'hardlink', path: name, target: path }),
	);
	const content = async function* (): AsyncGenerator<Uint8Array, void> {
		yield Buffer.alloc(sizeBytes);
	};
	return [{ ...common, kind: 'file', path, sizeBytes, content, links: names }, ...names];
}

async function* stream(entries: readonly Entry[]): AsyncGenerator<Entry, void> {
	yield* entries;
}

interface Part {
	readonly paths: readonly string[];
	readonly isLarge: boolean;
	readonly archiveBytes: number;
}

async function partsOf(entries: readonly Entry[]): Promise<Part[]> {
	const parts: Part[] = [];
	for await (const part of archiveParts(stream(entries), maxBytes)) {
		const paths: string[] = [];
		const noted = async function* (): AsyncGenerator<Entry, void> {
			for await (const entry of part.entries) {
				paths.push(entry.path);
				yield entry;
			}
		};
		let archiveBytes = 0;
		for await (const chunk of cpioArchive(noted())) archiveBytes += chunk.length;
		parts.push({ paths, isLarge: part.isLarge, archiveBytes });
	}
	return parts;
}

const cases = test.macro({
	async exec(t, entries: readonly Entry[], expected: readonly (readonly string[])[]) {
		t.deepEqual(
			(await partsOf(entries)).map(({ paths }) => paths),
			expected,
		);
	},
	title: (what = '') => `archiveParts() ${what}`,
});

test('makes one empty part when there are no entries', cases, [], [[]]);
test('keeps together what fits', cases, [...file('a', 3000), ...file('b', 3000)], [['a', 'b']]);
test(
	'begins a part where one would become too large',
	cases,
	[...file('a', 6000), ...file('b', 6000), ...file('c', 100)],
	[['a'], ['b', 'c']],
);
test(
	'gives a large file and its links a part of their own',
	cases,
	[...file('a', 100), ...file('large', 20_000, ['link']), ...file('b', 100)],
	[['a'], ['large', 'link'], ['b']],
);

test('archiveParts() exceeds the limit only for large files', async (t) => {
	const longName = 'ü'.repeat(120);
	const entries = Array.from({ length: 60 }, (_, index) => [
		...file(`${longName}${index}`, index * 37, [`${longName}${index}.1`, `${index}.2`]),
		{ ...common, kind: 'symlink', path: `link${index}`, target: longName } as const,
	]).flat();
	const parts = await partsOf(entries);
	t.true(parts.length > 5);
	for (const part of parts) t.true(part.archiveBytes <= maxBytes && !part.isLarge, String(part.archiveBytes));
	t.deepEqual(
		parts.flatMap(({ paths }) => paths),
		entries.map(({ path }) => path),
	);
	t.true((await partsOf(file('large', maxBytes)))[0]?.isLarge);
});

test('archiveParts() ends the stream of entries when its reader stops', async (t) => {
	let ended = false;
	const entries = async function* (): AsyncGenerator<Entry, void> {
		try {
			yield* [...file('a', 6000), ...file('b', 6000)];
		} finally {
			ended = true;
		}
	};
	await t.throwsAsync(
		async () => {
			for await (const _ of archiveParts(entries(), maxBytes)) throw new Error('enough');
		},
		{ message: 'enough' },
	);
	t.true(ended);
});
