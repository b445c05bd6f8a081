import test from 'ava';
import { verdictOf } from '../../../../pkg/format/verdict.ts';
import { dosTable, holding, volume } from '../applet/disks/made-up-volumes.ts';

const wish = { type: 'ext4', label: '', force: false };
const target = { volume: volume('vda'), partitions: [], unfinished: false, usedByte: () => null };
const table = volume('vda', dosTable(0x83));
const gpt = { diskGuid: 'x', partitions: [], damage: 'its first copy is damaged' };

const decides = test.macro({
	exec(
		t,
		more: Partial<Parameters<typeof verdictOf>[0]>,
		wished: Partial<typeof wish>,
		action: string,
		why: string,
	) {
		t.deepEqual(verdictOf({ ...target, ...more }, { ...wish, ...wished }) as unknown, { action, why });
	},
	title: (_, __, ___, action, why) => `verdictOf(): ${action}: ${why}`,
});

test(decides, {}, {}, 'make', '/dev/vda is blank');
test(
	decides,
	{ unfinished: true, volume: table },
	{},
	'make',
	'/dev/vda holds a format that was not finished',
);
test(
	decides,
	{ usedByte: () => 77 },
	{},
	'refuse',
	'/dev/vda is not blank: nothing that is known is on it, but its byte 77 is not zero',
);
test(
	decides,
	{ volume: table, partitions: [volume('vda1', holding('xfs', 'DATA'))] },
	{},
	'refuse',
	'/dev/vda holds a DOS partition table with 1 partition (/dev/vda1: xfs (label "DATA"))',
);
test(
	decides,
	{ volume: table, partitions: [] },
	{},
	'refuse',
	'/dev/vda holds a DOS partition table with 1 partition',
);
test(
	decides,
	{ volume: volume('vda', { gpt }) },
	{},
	'refuse',
	'/dev/vda holds a GPT with 0 partitions (its first copy is damaged)',
);
test(decides, { volume: volume('vda', holding('xfs')) }, {}, 'refuse', '/dev/vda holds xfs');
test(decides, { volume: volume('vda', holding('crypto_LUKS')) }, {}, 'refuse', '/dev/vda holds crypto_LUKS');
test(
	decides,
	{ volume: table, partitions: [volume('vda1', holding('ext4', 'DATA'))] },
	{ label: 'DATA' },
	'keep',
	'/dev/vda1 holds ext4 with the label "DATA" already',
);
test(decides, { volume: volume('vda', holding('ext4')) }, {}, 'keep', '/dev/vda holds ext4 already');
test(
	decides,
	{ volume: table, partitions: [volume('vda1', holding('ext4', 'OTHER'))] },
	{ label: 'DATA' },
	'refuse',
	'/dev/vda holds a DOS partition table with 1 partition (/dev/vda1: ext4 (label "OTHER"))',
);
// Somebody's disk, of which one of two partitions is like what was wished for.
test(
	decides,
	{ volume: table, partitions: [volume('vda1', holding('ext4')), volume('vda2', holding('swap'))] },
	{},
	'refuse',
	'/dev/vda holds a DOS partition table with 1 partition (/dev/vda1: ext4; /dev/vda2: swap)',
);
test(
	decides,
	{ volume: volume('vda', holding('xfs', 'OLD')) },
	{ force: true },
	'make',
	'/dev/vda held xfs (label "OLD"); -force gives it up',
);
test(
	decides,
	{ volume: volume('vda', {}, { readOnly: true }) },
	{ force: true },
	'refuse',
	'/dev/vda is read-only',
);
test(
	decides,
	{ volume: { ...target.volume, contents: null, problem: 'EIO' } },
	{ force: true },
	'refuse',
	"/dev/vda can't be read: EIO",
);

test('verdictOf() compares the labels of FAT without regard to case', (t) => {
	const made = { ...target, volume: volume('vda', holding('vfat', 'BOOT')) };
	t.is(verdictOf(made, { ...wish, type: 'vfat', label: 'boot' }).action, 'keep');
	t.is(verdictOf(made, { ...wish, type: 'vfat', label: 'root' }).action, 'refuse');
});
