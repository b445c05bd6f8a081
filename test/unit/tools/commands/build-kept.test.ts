// Attacks on what `slipway build` keeps in the store between two builds.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

const yaml = `kernel: { image: "t/kernel:v1", ucode: ucode.cpio, tar: none }
init: ["t/app:v1", "t/more:v1"]
services:
  - { name: two, image: "t/app:v1" }
`;

interface Place {
	readonly store: string;
	readonly out: string;
	readonly file: string;
}

async function makePlace(t: ExecutionContext): Promise<Place> {
	const folder = scratchFolder(t);
	const place = {
		store: join(folder, 'store'),
		out: join(folder, 'out'),
		file: join(folder, 'my-system.yml'),
	};
	mkdirSync(place.out);
	writeFileSync(place.file, yaml);
	const store = openImageStore(place.store);
	await putTestImage(store, 't/kernel:v1', [
		{ name: 'kernel', body: 'the kernel' },
		{ name: 'ucode.cpio', body: 'microcodes' },
	]);
	await putTestImage(store, 't/app:v1', [{ name: 'app', body: 'app', mode: 0o755 }]);
	await putTestImage(store, 't/more:v1', [{ name: 'app', body: 'new', mode: 0o755 }]);
	return place;
}

async function build({ store, out, file }: Place) {
	const options = ['--offline', '--root', 'unpacked', '--cache', store, '--dir', out];
	return await runCommand(buildCommand, ...options, file);
}

/** Overwrites, cuts or exchanges cached files. Each gets all paths of one ending. */
const storeAttacks: Readonly<Record<string, (paths: readonly string[]) => void>> = {
	'64 bytes are flipped': (paths) => {
		for (const path of paths) {
			const bytes = readFileSync(path);
			const middle = bytes.length >> 1;
			for (let at = middle; at < Math.min(middle + 64, bytes.length); at++)
				bytes[at] = 255 - (bytes[at] ?? 0);
			writeFileSync(path, bytes);
		}
	},
	'the end is cut off': (paths) => {
		for (const path of paths) writeFileSync(path, readFileSync(path).subarray(0, -1));
	},
	'nothing is left': (paths) => {
		for (const path of paths) writeFileSync(path, '');
	},
	'each has the bytes of another': (paths) => {
		const contents = paths.map((path) => readFileSync(path));
		for (const [index, path] of paths.entries()) writeFileSync(path, contents.at(index - 1) ?? '');
	},
	'they are gone': (paths) => {
		for (const path of paths) rmSync(path);
	},
};

for (const ending of ['.cpio.zst', '.file', '.json']) {
	for (const [attack, harm] of Object.entries(storeAttacks)) {
		test(`slipway build makes the kept files ${ending} again when ${attack}, and the same outputs`, async (t) => {
			const place = await makePlace(t);
			await build(place);
			const outputs = () => readdirSync(place.out).map((name) => readFileSync(join(place.out, name)));
			const before = outputs();
			const segments = join(place.store, 'segments');
			const paths = readdirSync(segments)
				.filter((name) => name.endsWith(ending))
				.map((name) => join(segments, name));
			t.true(paths.length > 0);
			harm(paths);
			await build(place);
			t.deepEqual(outputs(), before);
			// Now they are intact again.
			t.notRegex((await build(place)).err, /damaged|packed in/);
			t.deepEqual(outputs(), before);
		});
	}
}

test('slipway build exchanges no segment for another, notes included', async (t) => {
	const place = await makePlace(t);
	await build(place);
	const before = readFileSync(join(place.out, 'my-system-initrd.img'));
	const segments = join(place.store, 'segments');
	const [one = '', two = ''] = readdirSync(segments).filter((name) => name.endsWith('.cpio.zst'));
	for (const ending of ['.cpio.zst', '.json']) {
		const [a, b] = [one, two].map((name) => join(segments, name.replace('.cpio.zst', ending))) as [
			string,
			string,
		];
		renameSync(a, `${a}.x`);
		renameSync(b, a);
		renameSync(`${a}.x`, b);
	}
	await build(place);
	t.deepEqual(readFileSync(join(place.out, 'my-system-initrd.img')), before);
});

test('slipway build warns of a damaged segment and names its image', async (t) => {
	const place = await makePlace(t);
	await build(place);
	const segments = join(place.store, 'segments');
	const paths = readdirSync(segments).map((name) => join(segments, name));
	storeAttacks['64 bytes are flipped']?.(paths.filter((path) => !path.endsWith('.json')));
	const { err } = await build(place);
	t.regex(err, /^The packed copy of t\/app:v1 in the store is damaged\. It is packed again\.$/m);
	t.regex(err, /^The copy of \/kernel of \S+ in the store is damaged\. It is written again\.$/m);
});
