import { readFileSync } from 'node:fs';
import test from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import { chooseFormats, formatLines, outputFormats, staleEndings } from '../../../../tools/output/formats.ts';
import type { MediaToolName } from '../../../../tools/output/media-tools.ts';

const names = outputFormats.map(({ name }) => name);
const chosen = (asked: readonly string[], outputs: readonly string[]) => {
	const { formats, leftOut } = chooseFormats(asked, outputs);
	return { formats: formats.map(({ name }) => name), leftOut };
};

test('outputFormats have distinct names, and boot from files that they write', (t) => {
	t.is(new Set(names).size, names.length);
	for (const { endings: written, boot } of outputFormats)
		t.true(boot === null || Object.values(boot).every((ending) => written.includes(ending)));
});

test('docs/outputs.md has every format with its files', (t) => {
	const rows = readFileSync('docs/outputs.md', 'utf8').split('\n');
	for (const { name, endings } of outputFormats) {
		const row =
			rows.find((each) => each.startsWith('|') && each.split('|')[1]?.includes(`\`${name}\``)) ?? '';
		// A row may say "the same, and" what is added.
		t.true(
			endings.some((ending) => row.includes(`\`NAME${ending}\``)),
			name,
		);
	}
});

test('chooseFormats() takes --format before outputs, and the default without both', (t) => {
	t.deepEqual(chosen(['tar'], ['kernel+initrd']), { formats: ['tar'], leftOut: [] });
	t.deepEqual(chosen(['tar,kernel+initrd', 'tar'], []), { formats: ['tar', 'kernel+initrd'], leftOut: [] });
	t.deepEqual(chosen([], ['tar', 'tar']), { formats: ['tar'], leftOut: [] });
	t.deepEqual(chosen([], []), { formats: [outputFormats[0].name], leftOut: [] });
});

test('chooseFormats() leaves out formats of LinuxKit beside one that is built', (t) => {
	const leftOut = ['slipway does not build the format rpi3'];
	t.deepEqual(chosen([], ['rpi3', 'tar']), { formats: ['tar'], leftOut });
});

test('chooseFormats() leaves out formats of the YAML whose tools are missing, beside one that has its own', (t) => {
	const missing = (tools: readonly MediaToolName[]) => tools;
	const { formats, leftOut } = chooseFormats([], ['iso-bios', 'tar'], processors.amd64, missing);
	t.deepEqual(
		formats.map(({ name }) => name),
		['tar'],
	);
	t.deepEqual(leftOut, [
		'this machine lacks isolinux.bin, isohdpfx.bin, ldlinux.c32 for the format iso-bios',
	]);
	for (const [asked, outputs] of [
		[[], ['iso-bios']],
		[['tar,iso-bios'], []],
	] as const)
		t.throws(() => chooseFormats(asked, outputs, processors.amd64, missing), {
			code: 'TOOL_FAILED',
			message: /^The format iso-bios needs isolinux\.bin, .*: apt-get install isolinux syslinux-common;/,
		});
});

test('chooseFormats() refuses formats that only a BIOS starts for a processor without one', (t) => {
	const choose = (asked: readonly string[], outputs: readonly string[]) => {
		const { formats, leftOut } = chooseFormats(asked, outputs, processors.arm64, () => []);
		return { formats: formats.map(({ name }) => name), leftOut };
	};
	const forEfi = ['uki', 'iso', 'iso-efi', 'iso-efi-initrd', 'raw-efi', 'qcow2-efi'];
	for (const name of [...forEfi, 'kernel+initrd', 'tar']) t.deepEqual(choose([name], []).formats, [name]);
	for (const name of ['iso-bios', 'raw-bios', 'qcow2-bios', 'aws', 'vhd', 'dynamic-vhd', 'vmdk', 'gcp'])
		t.throws(() => choose([name], []), {
			code: 'BAD_CONFIG',
			message: /with a BIOS, and those for arm64 start by UEFI\. /,
		});
	t.deepEqual(choose([], ['raw-bios', 'raw-efi']), {
		formats: ['raw-efi'],
		leftOut: ['machines for arm64 have no BIOS for the format raw-bios'],
	});
});

const refused = test.macro({
	exec(t, asked: readonly string[], outputs: readonly string[], message: string) {
		t.throws(() => chooseFormats(asked, outputs), { message });
	},
	title: (_, asked: readonly string[], outputs: readonly string[]) =>
		`chooseFormats() refuses --format ${asked.join(' ')} outputs ${outputs.join(' ')}`,
});

const list = `Formats: ${names.join(', ')}.`;
const known = 'slipway does not build this format of LinuxKit.';
test(refused, ['rpi3'], [], `--format rpi3: ${known} ${list}`);
test(refused, ['tar,'], [], `--format : there is no such format. ${list}`);
test(refused, ['kernel'], ['tar'], `--format kernel: there is no such format. ${list}`);
test(refused, [], ['rpi3'], `outputs: rpi3: ${known} ${list}`);
test(refused, [], ['tar', 'iso-usb'], `outputs: iso-usb: there is no such format. ${list}`);

test('chooseFormats() refuses formats that write the same files', (t) => {
	const message = /^The formats kernel\+initrd and kernel\+squashfs both write NAME-kernel: /;
	t.throws(() => chosen(['kernel+initrd,kernel+squashfs'], []), { message });
	t.throws(() => chosen([], ['kernel+initrd', 'kernel+squashfs']), { message });
});

test('staleEndings() returns what a build of another format has left beside the same names', (t) => {
	const [initrd, squashfs] = outputFormats;
	t.deepEqual(staleEndings([initrd]), ['-squashfs.img', '-erofs.img', '-iso.img']);
	t.deepEqual(squashfs === undefined ? null : staleEndings([squashfs]), ['-erofs.img', '-iso.img']);
});

test('chooseFormats() refuses two formats with the same file name', (t) => {
	t.throws(() => chosen(['iso,iso-bios'], []), {
		message: /^The formats iso and iso-bios both write NAME\.iso: /,
	});
});

test('formatLines() names every format and its files', (t) => {
	const lines = formatLines();
	t.is(lines.length, outputFormats.length);
	t.is(
		lines[0],
		'kernel+initrd      for boot loaders and "slipway run": NAME-kernel, NAME-initrd.img, NAME-cmdline',
	);
	t.true(lines.includes('iso                a CD or USB stick for BIOS and EFI: NAME.iso'));
});
