// Read by xorriso, sfdisk and the distribution's own tools; firmware boots such images in test/vm/media.test.ts.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { bytesContent } from '../../../../tools/files/content.ts';
import { joinFiles } from '../../../../tools/files/joined.ts';
import { type BootIso, bootIso } from '../../../../tools/media/boot-iso.ts';
import { readMediaTool } from '../../../../tools/output/media-tools.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const efiImage = Buffer.alloc(40 * 2048, 'efi image ');
const parts = [{ path: 'boot/part', of: 'efi.img', startBytes: 4 * 2048, sizeBytes: 5000 }];

async function imageOf(t: ExecutionContext, differences: Partial<BootIso>): Promise<string> {
	const iso: BootIso = {
		label: 'TEST',
		identity: 'test',
		files: [
			{ path: 'isolinux/isolinux.cfg', content: bytesContent(Buffer.from('DEFAULT x\n')) },
			{ path: 'efi.img', content: bytesContent(efiImage) },
		],
		parts,
		bios: {
			path: 'isolinux/isolinux.bin',
			program: await readMediaTool('isolinux.bin'),
			mbrCode: await readMediaTool('isohdpfx.bin'),
		},
		efi: 'efi.img',
		...differences,
	};
	const path = join(scratchFolder(t), 'boot.iso');
	const content = bootIso(iso);
	await joinFiles(content.sources, path);
	t.is(statSync(path).size, content.sizeBytes);
	return path;
}

async function told(path: string): Promise<string> {
	const reports = ['-report_el_torito', 'plain', '-report_system_area', 'plain'];
	const read = await runProgram('xorriso', ['-abort_on', 'WARNING', '-indev', path, ...reports]);
	return read.stdout + read.stderr;
}

test('bootIso() for BIOS and EFI has the boot records of both', async (t) => {
	const path = await imageOf(t, {});
	const report = await told(path);
	t.regex(report, /Boot record {2}: El Torito , MBR isohybrid .*GPT/);
	t.regex(report, /El Torito boot img : +1 +BIOS/);
	t.regex(report, /El Torito img opts : +1 +boot-info-table isohybrid-suitable/);
	t.regex(report, /El Torito boot img : +2 +UEFI/);
	t.regex(report, /GPT partition path : +1 +\/efi\.img/);
	const verified = await runProgram('sfdisk', ['--verify', path]);
	t.is(verified.exitCode, 0, verified.stderr);
	t.regex(verified.stdout, /No errors detected/);
});

test('bootIso() names a part of a file as a file of its own', async (t) => {
	const path = await imageOf(t, {});
	const out = join(scratchFolder(t), 'part');
	await runProgram('xorriso', ['-osirrox', 'on', '-indev', path, '-extract', '/boot/part', out]);
	t.true(readFileSync(out).equals(efiImage.subarray(4 * 2048, 4 * 2048 + 5000)));
});

test('bootIso() for BIOS has no partition table but the record of a disk', async (t) => {
	const report = await told(await imageOf(t, { efi: null, parts: [] }));
	t.regex(report, /Boot record {2}: El Torito , MBR isohybrid/);
	t.notRegex(report, /GPT|UEFI/);
	t.regex(report, /MBR partition {6}: +1 +0x80 +0x17 +0 /);
});

test('bootIso() for EFI has one entry in its boot catalog', async (t) => {
	const report = await told(await imageOf(t, { bios: null }));
	t.regex(report, /El Torito boot img : +1 +UEFI/);
	t.notRegex(report, /BIOS|isohybrid/);
});
