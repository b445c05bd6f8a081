import test from 'ava';
import { withContentId } from '../../../../tools/media/vmdk.ts';

const descriptor = (id: string): Buffer =>
	Buffer.concat([Buffer.from(`KDMV\n# Disk\nCID=${id}\nparentCID=ffffffff\n`), Buffer.alloc(64)]);

/** Returns the whole start of the file with the id. */
function settled(id: string): Buffer {
	const start = descriptor(id);
	const result = withContentId(start, 'a disk');
	result?.bytes.copy(start, result.position);
	return start;
}

test('withContentId() gives the same bytes whatever the id was, also one without its leading zeros', (t) => {
	const whole = settled('89abcdef').toString('latin1').replaceAll('\0', '');
	t.regex(whole, /^KDMV\n# Disk\nCID=[0-9a-f]{8}\nparentCID=ffffffff\n$/);
	for (const id of ['9abcdef', 'f', '0'])
		t.is(settled(id).toString('latin1').replaceAll('\0', ''), whole, id);
});

test('withContentId() returns null for a file without a descriptor', (t) => {
	t.is(withContentId(Buffer.alloc(64), 'a disk'), null);
	t.is(withContentId(Buffer.from('\nCID=1'), 'a disk'), null);
});
