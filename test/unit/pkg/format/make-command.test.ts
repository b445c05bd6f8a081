import { spawnSync } from 'node:child_process';
import test from 'ava';
import { readContents } from '../../../../pkg/applet/disks/contents.ts';
import { makeCommand, wishProblem } from '../../../../pkg/format/make-command.ts';
import { diskImage, mebibyte, readImage } from '../applet/disks/images.ts';

for (const type of ['ext4', 'ext3', 'ext2', 'xfs', 'btrfs', 'vfat']) {
	test(`makeCommand() makes ${type} of the whole, also over another file system`, async (t) => {
		const disk = await diskImage(t, 320 * mebibyte, 'mke2fs -q -t ext4 -L old $disk');
		for (const label of ['', 'A-LABEL']) {
			const { program, args } = makeCommand(type, label, disk);
			const { status, stderr } = spawnSync(`/sbin/${program}`, args, { encoding: 'utf8' });
			t.is(status, 0, stderr);
			const { findings } = readImage(disk, readContents);
			t.like(findings, [{ type, label }]);
			t.is(findings.length, 1);
		}
	});
}

test('wishProblem() tells types that are not there and labels that are too long', (t) => {
	t.is(wishProblem('ext4', 'sixteen-bytes-16'), null);
	t.is(wishProblem('xfs', 'x'.repeat(12)), null);
	t.is(wishProblem('zfs', ''), 'there is no type "zfs": ext4, ext3, ext2, xfs, btrfs, vfat are there.');
	t.is(
		wishProblem('xfs', 'thirteen-char'),
		'the label "thirteen-char" has 13 bytes, and one of xfs has at most 12.',
	);
	t.is(wishProblem('vfat', 'ööööööö'), 'the label "ööööööö" has 14 bytes, and one of vfat has at most 11.');
});
