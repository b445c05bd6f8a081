// The file systems are checked by fsck.fat and read by mtools, which know nothing of our writer.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { bytesContent } from '../../../../tools/files/content.ts';
import { joinFiles } from '../../../../tools/files/joined.ts';
import { fatVolume } from '../../../../tools/media/fat32.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const options = { startSector: 2048, label: 'TEST', volumeId: 0x1234_5678 };

const volumes = test.macro({
	async exec(t, sizes: Readonly<Record<string, number>>, freeBytes: number) {
		const folder = scratchFolder(t);
		const contents = Object.entries(sizes).map(([path, size]) => [path, Buffer.alloc(size, path)] as const);
		const volume = fatVolume(
			contents.map(([path, bytes]) => ({ path, content: bytesContent(bytes) })),
			{ ...options, freeBytes },
		);
		const image = join(folder, 'volume');
		await joinFiles(volume.sources, image);
		const checked = await runProgram('fsck.fat', ['-nv', image]);
		t.is(checked.exitCode, 0, checked.stdout);
		t.regex(checked.stdout, /32 bit entries/);
		t.notRegex(checked.stdout, /wrong|differ|bad/i);
		for (const [path, bytes] of contents) {
			const copy = join(folder, 'copy');
			const copied = await runProgram('mcopy', ['-n', '-o', '-i', image, `::/${path}`, copy]);
			t.is(copied.exitCode, 0, copied.stderr);
			t.true(readFileSync(copy).equals(bytes), path);
			const start = volume.startBytes.get(path) ?? 1;
			t.is(start % 2048, 0);
			t.true(
				readFileSync(image)
					.subarray(start, start + bytes.length)
					.equals(bytes),
				path,
			);
		}
	},
	title: (_, sizes: Readonly<Record<string, number>>, freeBytes: number) =>
		`fatVolume() of ${Object.keys(sizes).join(' ')}, ${freeBytes} bytes free`,
});

test(volumes, { 'EFI/BOOT/BOOTX64.EFI': 100_000 }, 0);
test(volumes, { KERNEL: 3_000_001, 'INITRD.IMG': 80_000_000, 'A.CFG': 1, EMPTY: 0 }, 1_000_000);
test(volumes, { ONE: 5000 }, 150_000_000);

test('fatVolume() refuses a name that is not short, and more files than a directory lists', (t) => {
	const content = bytesContent(Buffer.from('x'));
	for (const path of ['lower', 'LONGNAME9.TXT', 'A.TEXT', '', 'A/../B'])
		t.throws(() => fatVolume([{ path, content }], options), { instanceOf: RangeError }, path);
	const many = Array.from({ length: 20 }, (_, index) => ({ path: `F${index}`, content }));
	t.throws(() => fatVolume(many, options), { message: /room for a few files only/ });
});
