import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type CheckedFile, copiedBytes, type JoinSource, joinFiles } from '../../../../tools/files/joined.ts';
import { wordSum } from '../../../../tools/files/word-sum.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('joinFiles() writes files one after the other, larger ones than its buffer too', async (t) => {
	const folder = scratchFolder(t);
	const contents = [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(2_500_001, 'xyz'), Buffer.from('end')];
	const paths = contents.map((content, index) => {
		const path = join(folder, `part-${index}`);
		writeFileSync(path, content);
		return path;
	});
	await joinFiles(paths, join(folder, 'whole'));
	t.true(readFileSync(join(folder, 'whole')).equals(Buffer.concat(contents)));
});

test('joinFiles() does not overwrite an existing file', async (t) => {
	const target = join(scratchFolder(t), 'whole');
	writeFileSync(target, 'mine');
	await t.throwsAsync(joinFiles([], target), { code: 'EEXIST' });
	t.is(readFileSync(target, 'utf8'), 'mine');
});

const good = Buffer.alloc(2_500_001, 'xyz');

/** @param onDisk - the bytes of the file; null for none */
function checkedFile(t: ExecutionContext, onDisk: Buffer | null, remade: Buffer = good) {
	const path = join(scratchFolder(t), 'part');
	if (onDisk !== null) writeFileSync(path, onDisk);
	const sha256 = createHash('sha256').update(good).digest('hex');
	let count = 0;
	const file: CheckedFile = {
		path,
		sha256,
		async remake() {
			count++;
			writeFileSync(path, remade);
			return file;
		},
	};
	return { file, remakes: () => count };
}

const flipped = Buffer.from(good);
flipped.writeUInt8(0, 1_700_000);
const damages: Readonly<Record<string, Buffer | null>> = {
	'whose bytes were flipped': flipped,
	'that was cut': good.subarray(0, 1_000_000),
	'that is longer': Buffer.concat([good, good]),
	'that is empty': Buffer.alloc(0),
	'that is gone': null,
};

for (const [how, onDisk] of Object.entries(damages)) {
	test(`joinFiles() has a file ${how} made again, and none of the damaged bytes`, async (t) => {
		const target = join(scratchFolder(t), 'whole');
		const { file, remakes } = checkedFile(t, onDisk);
		const plain = join(scratchFolder(t), 'plain');
		writeFileSync(plain, 'plain');
		await joinFiles([plain, file, plain], target);
		t.true(readFileSync(target).equals(Buffer.concat([Buffer.from('plain'), good, Buffer.from('plain')])));
		t.is(remakes(), 1);
	});
}

test('joinFiles() copies the ranges of a file, also such as its buffers divide', async (t) => {
	const path = join(scratchFolder(t), 'part');
	const bytes = Buffer.alloc(2_500_001);
	for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, Math.min(at, bytes.length - 4));
	writeFileSync(path, bytes);
	const ranges = [
		[3, 5],
		[5, 9],
		[1_000_000, 1_048_576],
		[1_048_577, 2_200_000],
		[2_499_990, 2_500_001],
	].map(([start = 0, end = 0]) => ({ start, end }));
	const sha256 = createHash('sha256').update(bytes).digest('hex');
	const file: CheckedFile = { path, sha256, ranges, remake: () => Promise.reject(new Error('intact')) };
	const none: CheckedFile = { ...file, ranges: [] };
	const expected = Buffer.concat(ranges.map(({ start, end }) => bytes.subarray(start, end)));
	const target = join(scratchFolder(t), 'whole');
	await joinFiles([file, none, file], target);
	t.true(readFileSync(target).equals(Buffer.concat([expected, expected])));
	t.is(await copiedBytes(file), expected.length);
	t.is(await copiedBytes(none), 0);
	t.is(await copiedBytes(path), bytes.length);
});

test('joinFiles() leaves an intact file alone', async (t) => {
	const { file, remakes } = checkedFile(t, good);
	await joinFiles([file], join(scratchFolder(t), 'whole'));
	t.is(remakes(), 0);
});

test('joinFiles() gives up on a file that is damaged a second time', async (t) => {
	const { file, remakes } = checkedFile(t, flipped, flipped);
	const joining = joinFiles([file], join(scratchFolder(t), 'whole'));
	await t.throwsAsync(joining, { code: 'DIGEST_MISMATCH', message: /Check the disk/ });
	t.is(remakes(), 1);
});

test('joinFiles() writes the trailer of the sum of all bytes that it has copied, and of no others', async (t) => {
	const folder = scratchFolder(t);
	const plain = join(folder, 'plain');
	writeFileSync(plain, 'plain');
	const { file, remakes } = checkedFile(t, flipped);
	const part = {
		...file,
		ranges: [{ start: 1, end: 2_000_000 }],
		remake: async () => ({ ...(await file.remake()), ranges: [{ start: 1, end: 2_000_000 }] }),
	};
	const sources: JoinSource[] = [
		plain,
		{ summed: [plain, Buffer.from('bytes'), part, plain], trailer: async (sum) => Buffer.from(`[${sum}]`) },
		plain,
	];
	await joinFiles(sources, join(folder, 'whole'));
	t.is(remakes(), 1);
	const summed = Buffer.concat(
		['plainbytes', good.subarray(1, 2_000_000), 'plain'].map((each) => Buffer.from(each)),
	);
	const sum = wordSum();
	sum.add(summed);
	const expected = Buffer.concat([Buffer.from('plain'), summed, Buffer.from(`[${sum.digest()}]plain`)]);
	t.true(readFileSync(join(folder, 'whole')).equals(expected));
	const sizes = await Promise.all(sources.map(copiedBytes));
	t.is(
		sizes.reduce((total, size) => total + size, 0),
		expected.length,
	);
});
