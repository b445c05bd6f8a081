// Directories and the boot record are read by xorriso; a whole image is made in test/unit/tools/media.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isoHead, isoHeadSectors, isoSectorBytes } from '../../../../tools/archive/iso-volume.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const paths = ['b/inner/file.txt', 'a/file', 'top.txt', 'b/other'];

for (const tree of ['ecma119', 'any']) {
	test(`isoHead() names files in directories, as xorriso reads them: ${tree}`, async (t) => {
		const catalogSector = isoHeadSectors(paths, true);
		const files = paths.map((path, index) => ({ path, sector: catalogSector + 1 + index, sizeBytes: 5 }));
		const totalSectors = catalogSector + 1 + files.length;
		const head = isoHead({ label: 'test', files, totalSectors, catalogSector });
		t.is(head.length, (catalogSector - 16) * isoSectorBytes);
		const image = Buffer.alloc(totalSectors * isoSectorBytes);
		head.copy(image, 16 * isoSectorBytes);
		const path = join(scratchFolder(t), 'volume.iso');
		writeFileSync(path, image);
		const { stdout } = await runProgram('xorriso', [
			'-read_fs',
			tree,
			'-indev',
			path,
			'-find',
			'/',
			'-type',
			'f',
		]);
		const shown = stdout.trim().split('\n').sort();
		const expected = paths.map((each) => `'/${tree === 'any' ? each : each.toUpperCase()}'`).sort();
		t.deepEqual(shown, expected);
	});
}
