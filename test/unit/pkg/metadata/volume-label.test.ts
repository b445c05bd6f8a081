// The file systems are made by other people's programs.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { headBytes, volumeOf } from '../../../../pkg/metadata/volume-label.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('volumeOf() reads the label that xorriso wrote', async (t) => {
	const file = join(scratchFolder(t), 'a.iso');
	const made = await runProgram('xorriso', ['-as', 'mkisofs', '-V', 'cidata', '-o', file, 'examples']);
	t.is(made.exitCode, 0, made.stderr);
	t.deepEqual(volumeOf(readFileSync(file).subarray(0, headBytes)), {
		fileSystem: 'iso9660',
		label: 'cidata',
	});
});

/** A boot sector as mkfs.fat writes it (Microsoft's "FAT: General Overview", BPB). */
function bootSector(offset: number, label: string, nameOffset: number, name: string): Buffer {
	const sector = Buffer.alloc(headBytes);
	sector.write(label.padEnd(11), offset, 'latin1');
	sector.write(name, nameOffset, 'latin1');
	sector.writeUInt16LE(0xaa55, 510);
	return sector;
}

for (const [name, offset, nameOffset] of [
	['FAT12   ', 43, 54],
	['FAT16   ', 43, 54],
	['FAT32   ', 71, 82],
] as const) {
	test(`volumeOf() reads the label of ${name.trim()}`, (t) => {
		t.deepEqual(volumeOf(bootSector(offset, 'CIDATA', nameOffset, name)), {
			fileSystem: 'vfat',
			label: 'CIDATA',
		});
	});
}

test('volumeOf() finds nothing on an empty, a short or another disk', async (t) => {
	t.is(volumeOf(Buffer.alloc(headBytes)), null);
	t.is(volumeOf(Buffer.alloc(0)), null);
	t.is(volumeOf(Buffer.alloc(511)), null);
	const file = join(scratchFolder(t), 'ext4');
	t.is((await runProgram('mke2fs', ['-q', '-t', 'ext4', '-L', 'cidata', file, '1M'])).exitCode, 0);
	t.is(volumeOf(readFileSync(file).subarray(0, headBytes)), null);
});
