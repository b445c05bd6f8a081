// Layers whose tree is made to take minutes or gigabytes. A test counts, or ava's timeout ends it.

import test from 'ava';
import { flattenLayers } from '../../../../tools/system/flatten.ts';
import { countedTar, paxHeader, tarHeader } from '../../supervisor/image/hostile-tar.ts';

async function countEntries(...layers: (() => Iterable<Buffer>)[]): Promise<number> {
	const opened = layers.map((parts, index) => {
		return { what: `evil:1: the layer ${index}`, open: () => countedTar(parts()).bytes() };
	});
	let entries = 0;
	for await (const _ of flattenLayers(opened)) entries += 1;
	return entries;
}

test('flattenLayers() refuses links that lead through 4,096 bytes of links (39 times `d/../` 800 times)', async (t) => {
	const layer = function* () {
		yield tarHeader('5', 'd');
		yield tarHeader('5', 'l39');
		for (let index = 0; index < 39; index++) {
			yield paxHeader([['linkpath', `${'d/../'.repeat(800)}l${index + 1}`]]);
			yield tarHeader('2', `l${index}`);
		}
		yield tarHeader('0', 'l38/f');
		for (let index = 0; index < 100_000; index++) yield tarHeader('0', `l0/f${index}`);
	};
	await t.throwsAsync(countEntries(layer), {
		code: 'BAD_IMAGE',
		message: 'evil:1: the layer 0: too many links in l0.',
	});
});

test('flattenLayers() follows 40 ordinary links, and one with a target of 4,000 bytes', async (t) => {
	const layer = function* () {
		for (let index = 0; index < 40; index++) yield tarHeader('2', `l${index}`, 0, `./usr/../l${index + 1}`);
		yield tarHeader('0', 'l0/f');
		yield tarHeader('5', 'd');
		yield paxHeader([['linkpath', 'd/../'.repeat(800)]]);
		yield tarHeader('2', 'long');
		yield tarHeader('0', 'long/f');
	};
	// 40 links, `usr`, `l40` and its file, `d`, `long` and `f`.
	t.is(await countEntries(layer), 46);
});

/** Returns how many elements of large maps are iterated over while `run` runs. */
async function countIterated(run: () => Promise<void>): Promise<number> {
	const original = Map.prototype[Symbol.iterator];
	let elements = 0;
	Map.prototype[Symbol.iterator] = function () {
		if (this.size >= 1000) elements += this.size;
		return original.call(this);
	};
	try {
		await run();
	} finally {
		Map.prototype[Symbol.iterator] = original;
	}
	return elements;
}

test.serial(
	'flattenLayers() visits a directory once for 10,000 opaque whiteouts in a directory of 10,000 files',
	async (t) => {
		const count = 10_000;
		const hostile = function* () {
			for (let index = 0; index < count; index++) yield tarHeader('0', `d/${index}`);
			for (let index = 0; index < count; index++)
				yield tarHeader('0', index % 2 === 0 ? 'd/.wh..wh..opq' : '.wh.d');
		};
		const iterated = await countIterated(async () => {
			t.is(await countEntries(() => [tarHeader('0', 'd/old')], hostile), count + 1);
		});
		t.true(iterated >= count && iterated < 10 * count, `${iterated} elements`);
	},
);

test('flattenLayers() hides lower files in a directory that the layer has opened before, and keeps its own', async (t) => {
	const lower = () => ['a/b/c/old', 'a/b/old', 'a/old'].map((name) => tarHeader('0', name));
	for (const whiteouts of [
		['a/b/c/.wh..wh..opq', 'a/b/.wh..wh..opq', 'a/.wh..wh..opq'],
		['a/.wh..wh..opq', 'a/b/.wh..wh..opq'],
		['.wh.a', 'a/.wh.b'],
	]) {
		const upper = () => ['a/b/c/new', ...whiteouts, 'a/b/new'].map((name) => tarHeader('0', name));
		// The directories a, a/b, a/b/c and two files.
		t.is(await countEntries(lower, upper), 5);
	}
});

test('flattenLayers() refuses trees of 2,000 directories for each file before they fill the memory', async (t) => {
	const layer = function* () {
		for (let index = 0; index < 5000; index++) {
			yield paxHeader([['path', `${index}/${'d/'.repeat(2000)}x`]]);
			yield tarHeader('0', 'x');
		}
	};
	await t.throwsAsync(countEntries(layer), {
		code: 'BAD_IMAGE',
		message:
			'evil:1: the layer 0 and those below it have too many files: their names take more than 600.0 MB of memory.',
	});
});

test('flattenLayers() lets timers and signals through while it orders a tree of 100,000 files', async (t) => {
	const layer = function* () {
		for (let index = 0; index < 100_000; index++) yield tarHeader('0', `d${index % 1000}/${index}`);
	};
	let turns = 0;
	let isOrdering = false;
	const opened = {
		what: 'a layer',
		open: (pass: 1 | 2) => {
			// The second pass begins when the tree is ordered.
			if (pass === 2) isOrdering = false;
			return (async function* () {
				yield* countedTar(pass === 1 ? layer() : []).bytes();
				isOrdering = pass === 1;
				const turn = () => {
					if (!isOrdering) return;
					turns += 1;
					setImmediate(turn);
				};
				if (isOrdering) setImmediate(turn);
			})();
		},
	};
	for await (const _ of flattenLayers([opened]));
	t.true(turns >= 4, `${turns} turns of the event loop`);
});
