import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { firstArchive, lastArchive, readUnpackedSize } from '../../../../tools/output/initrd-marks.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const size = { bytes: 255_000_000, entries: 4321 };

test('readUnpackedSize() finds the figure at the end of an initrd', async (t) => {
	const file = join(scratchFolder(t), 'initrd');
	writeFileSync(file, await firstArchive());
	appendFileSync(file, zstdCompressSync(Buffer.alloc(100_000, 'x')));
	appendFileSync(file, await lastArchive(size));
	t.deepEqual(readUnpackedSize(file), size);
});

for (const [what, bytes] of [
	['nothing', Buffer.alloc(0)],
	['no zstd', Buffer.alloc(5000, 'x')],
	['a cut frame', zstdCompressSync(Buffer.alloc(5000, 'x')).subarray(0, 12)],
	["another tool's last archive", zstdCompressSync(Buffer.from('070701… {"bytes":1,"entries":2}'))],
	['a bomb', zstdCompressSync(Buffer.alloc(10_000_000))],
] as const) {
	test(`readUnpackedSize() has no figure where the initrd ends in ${what}`, (t) => {
		const file = join(scratchFolder(t), 'initrd');
		writeFileSync(file, bytes);
		t.is(readUnpackedSize(file), null);
	});
}

test('the marks are archives that zstd and GNU cpio read', async (t) => {
	const folder = scratchFolder(t);
	for (const [archive, name] of [
		[await firstArchive(), '.slipway-unpacking'],
		[await lastArchive(size), '.slipway-unpacked'],
	] as const) {
		writeFileSync(join(folder, 'mark'), archive);
		const listed = await runProgram('sh', ['-c', 'zstd -dc mark | cpio -t --quiet'], { cwd: folder });
		t.is(listed.stdout, `${name}\n`, listed.stderr);
	}
});
