import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import test from 'ava';
import type { Entry } from '../../../../../tools/archive/entry.ts';
import { contentOf, file, joinedImage, listed, lz4, xz } from './joined-image.ts';

const large = randomBytes(300_001);
const other = randomBytes(300_001);

for (const settings of [lz4, xz]) {
	test(`shareEqualFiles() stores equal files of two parts once: ${settings.compressor}`, async (t) => {
		const parts: Entry[][] = [
			[file('one/large', large, { mode: 0o755, uid: 1 }), file('one/small', 'hello')],
			[file('two/other', other), file('two/large', large), file('two/small', 'hello')],
			[file('three/large', large), file('three/more', 'bye')],
		];
		const image = await joinedImage(t, parts, [], settings);
		t.true(statSync(image).size < large.length + other.length + 100_000);
		for (const part of ['one', 'two', 'three'])
			t.true((await contentOf(t, image, `${part}/large`)).equals(large), part);
		t.true((await contentOf(t, image, 'two/other')).equals(other));
		t.is((await contentOf(t, image, 'two/small')).toString(), 'hello');
		t.is((await contentOf(t, image, 'three/more')).toString(), 'bye');
		const lines = (await listed(image)).filter((line) => line.endsWith('/large'));
		t.deepEqual(
			lines.map((line) => line.split(' ').slice(0, 3).join(' ')),
			['-rwxr-xr-x 1/0 300001', '-rw-r--r-- 0/0 300001', '-rw-r--r-- 0/0 300001'],
		);
	});
}

test('usedData() leaves out files that another part replaces, and keeps what other names lead to', async (t) => {
	const kept = randomBytes(100_000);
	const image = await joinedImage(t, [
		[file('a', large), file('b', kept), file('small', 'replaced')],
		[file('a', 'new'), file('small', 'other')],
	]);
	t.true(statSync(image).size < kept.length + 10_000);
	t.true((await contentOf(t, image, 'b')).equals(kept));
	t.is((await contentOf(t, image, 'a')).toString(), 'new');
	t.is((await contentOf(t, image, 'small')).toString(), 'other');
});

test('usedData() keeps the data of files whose neighbours are left out', async (t) => {
	const files = Array.from({ length: 20 }, (_, index) => randomBytes(70_000 + index));
	const image = await joinedImage(t, [
		files.map((bytes, index) => file(`first/${index}`, bytes)),
		files.flatMap((bytes, index) =>
			index % 3 === 0 ? [file(`first/${index}`, 'replaced')] : [file(`again/${index}`, bytes)],
		),
	]);
	for (const [index, bytes] of files.entries()) {
		const isReplaced = index % 3 === 0;
		const expected = isReplaced ? Buffer.from('replaced') : bytes;
		t.true((await contentOf(t, image, `first/${index}`)).equals(expected), String(index));
		if (!isReplaced) t.true((await contentOf(t, image, `again/${index}`)).equals(bytes), String(index));
	}
});
