import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Entry } from '../../../../../tools/archive/entry.ts';
import { makeErofs } from '../../../../../tools/archive/erofs/make-image.ts';
import { readErofs } from '../../../../../tools/archive/erofs/read-image.ts';
import { scratchFolder } from '../../../../helpers/scratch.ts';
import { directory, file, linked, streamOf } from '../squashfs/joined-image.ts';

const common = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 1 };

async function imageOf(t: ExecutionContext, entries: readonly Entry[]): Promise<string> {
	const path = join(scratchFolder(t), 'image');
	await makeErofs(() => streamOf(entries), path, 1);
	return path;
}

async function treeOf(path: string) {
	const tree = new Map<string, { kind: string; mode: number; uid: number; number: number; text: string }>();
	for await (const { path: place, kind, mode, uid, number, content } of readErofs(path, 'os')) {
		const text = kind === 'file' || kind === 'symlink' ? (await content()).toString('latin1') : '';
		tree.set(place, { kind, mode, uid, number, text });
	}
	return tree;
}

test('readErofs() reads the tree that makeErofs() has written', async (t) => {
	const long = 'x'.repeat(4000);
	const names = Array.from({ length: 600 }, (_, index) => `many/name-${index}-${'n'.repeat(index % 90)}`);
	const sizes = [0, 1, 4095, 4096, 4097, 100_000];
	const xattrs = new Map([['user.name', Buffer.from('value')]]);
	const tree = await treeOf(
		await imageOf(t, [
			directory('d'),
			...sizes.map((size) => file(`d/${size}`, 'a'.repeat(size))),
			...linked(file('d/one', 'hello'), 'd/two'),
			...names.map((name) => file(name, name)),
			{ ...file('own', 'bytes', { xattrs }), mode: 0o4751, uid: 70_000 },
			{ ...common, kind: 'symlink', path: 'short', target: 'd/one' },
			{ ...common, kind: 'symlink', path: 'long', target: long },
			{ ...common, kind: 'character', path: 'null', major: 1, minor: 3 },
		]),
	);
	for (const size of sizes) t.is(tree.get(`d/${size}`)?.text, 'a'.repeat(size));
	for (const name of names) t.is(tree.get(name)?.text, name);
	t.is(tree.get('short')?.text, 'd/one');
	t.is(tree.get('long')?.text, long);
	t.like(tree.get('own'), { kind: 'file', mode: 0o4751, uid: 70_000, text: 'bytes' });
	t.like(tree.get('null'), { kind: 'character' });
	t.is(tree.get('d/one')?.number, tree.get('d/two')?.number);
	t.is(tree.size, sizes.length + names.length + 8);
});

test('readErofs() ends with an error or a tree, whatever byte of an image is damaged', async (t) => {
	const path = await imageOf(t, [directory('d'), file('d/a', 'b'), file('e', 'c'.repeat(5000))]);
	const whole = readFileSync(path);
	const damaged = join(scratchFolder(t), 'damaged');
	let refused = 0;
	const places = Array.from(whole.keys()).filter((at) => whole[at] !== 0 && whole[at] !== 0x63);
	for (const at of places) {
		for (const value of [0, 0xff, (whole[at] ?? 0) ^ 1]) {
			const bytes = Buffer.from(whole);
			bytes[at] = value;
			writeFileSync(damaged, bytes);
			try {
				await treeOf(damaged);
			} catch (error) {
				t.regex(String(error), /os is no intact EROFS image of Slipway/);
				refused++;
			}
		}
	}
	t.true(refused > 50, `${refused} of ${places.length * 3}`);
	writeFileSync(damaged, whole.subarray(0, 100));
	await t.throwsAsync(treeOf(damaged), { message: /it ends too early/ });
});

test('readErofs() refuses a directory that is in itself', async (t) => {
	const path = await imageOf(t, [directory('d'), directory('d/e')]);
	const whole = readFileSync(path);
	const names = Buffer.from('...e');
	const listing = whole.indexOf(names) - 3 * 12;
	// The entry "e" gets the number of ".".
	whole.copy(whole, listing + 2 * 12, listing, listing + 8);
	writeFileSync(path, whole);
	await t.throwsAsync(treeOf(path), { message: /\/d\/e is a directory twice/ });
});
