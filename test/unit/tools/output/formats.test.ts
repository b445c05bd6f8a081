import test from 'ava';
import { chooseFormats, formatLines, outputFormats, staleEndings } from '../../../../tools/output/formats.ts';

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

test('chooseFormats() takes --format before outputs, and the default without both', (t) => {
	t.deepEqual(chosen(['tar'], ['kernel+initrd']), { formats: ['tar'], leftOut: [] });
	t.deepEqual(chosen(['tar,kernel+initrd', 'tar'], []), { formats: ['tar', 'kernel+initrd'], leftOut: [] });
	t.deepEqual(chosen([], ['tar', 'tar']), { formats: ['tar'], leftOut: [] });
	t.deepEqual(chosen([], []), { formats: [outputFormats[0].name], leftOut: [] });
});

test('chooseFormats() leaves out formats of LinuxKit beside one that is built', (t) => {
	t.deepEqual(chosen([], ['iso-bios', 'tar']), { formats: ['tar'], leftOut: ['iso-bios'] });
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
test(refused, ['iso-bios'], [], `--format iso-bios: ${known} ${list}`);
test(refused, ['tar,'], [], `--format : there is no such format. ${list}`);
test(refused, ['kernel'], ['tar'], `--format kernel: there is no such format. ${list}`);
test(refused, [], ['iso-efi', 'vmdk'], `outputs: iso-efi: ${known} ${list}`);
test(refused, [], ['tar', 'iso'], `outputs: iso: there is no such format. ${list}`);

test('chooseFormats() refuses formats that write the same files', (t) => {
	const message = /^The formats kernel\+initrd and kernel\+squashfs both write NAME-kernel: /;
	t.throws(() => chosen(['kernel+initrd,kernel+squashfs'], []), { message });
	t.throws(() => chosen([], ['kernel+initrd', 'kernel+squashfs']), { message });
});

test('staleEndings() returns what a build of another format has left beside the same names', (t) => {
	const [initrd, squashfs] = outputFormats;
	t.deepEqual(staleEndings([initrd]), ['-squashfs.img']);
	t.deepEqual(squashfs === undefined ? null : staleEndings([squashfs]), []);
});

test('formatLines() names every format and its files', (t) => {
	t.deepEqual(formatLines(), [
		'kernel+initrd    for boot loaders and "slipway run": NAME-kernel, NAME-initrd.img, NAME-cmdline',
		'kernel+squashfs  with the root on a virtio disk, which "slipway run" attaches: NAME-kernel, NAME-initrd.img, NAME-squashfs.img, NAME-cmdline',
		'tar              the whole tree as one archive: NAME.tar',
	]);
});
