// Read by xorriso, which knows nothing of our writer; the guest's kernel reads it in test/vm.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isoImage } from '../../../../tools/archive/iso-image.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const contents = new Map([
	['meta-data', Buffer.from('instance-id: a\n')],
	['user-data', Buffer.alloc(2048 * 3, 'x')],
	['config', Buffer.alloc(2049, 'y')],
	['none', Buffer.alloc(0)],
]);
const image = isoImage(
	'cidata',
	[...contents].map(([name, content]) => ({ name, content })),
);

for (const tree of ['ecma119', 'any']) {
	test(`isoImage() is read by xorriso: ${tree}`, async (t) => {
		const folder = scratchFolder(t);
		const file = join(folder, 'data.iso');
		writeFileSync(file, image);
		const read = ['-read_fs', tree, '-indev', file, '-osirrox', 'on', '-extract', '/', join(folder, 'out')];
		const told = await runProgram('xorriso', ['-abort_on', 'WARNING', ...read]);
		// An ordinary user could otherwise not remove the directory, which xorriso extracts without write permission.
		await runProgram('chmod', ['-R', 'u+rwX', join(folder, 'out')]);
		t.is(told.exitCode, 0, told.stderr);
		t.regex(told.stderr, /Volume id {4}: 'cidata'/);
		for (const [name, content] of contents) {
			const shown = tree === 'any' ? name : name.toUpperCase();
			t.deepEqual(readFileSync(join(folder, 'out', shown)), content, name);
		}
	});
}

test('isoImage() is known to blkid by its type and label', async (t) => {
	const file = join(scratchFolder(t), 'data.iso');
	writeFileSync(file, image);
	const { stdout } = await runProgram('blkid', ['-p', '-o', 'export', file]);
	t.regex(stdout, /^LABEL=cidata$/m);
	t.regex(stdout, /^TYPE=iso9660$/m);
});

test('isoImage() gives the same bytes for the same files', (t) => {
	t.true(
		image.equals(
			isoImage(
				'cidata',
				[...contents].map(([name, content]) => ({ name, content })),
			),
		),
	);
	t.is(image.length % 2048, 0);
});

test('isoImage() refuses more files than one sector names', (t) => {
	const many = Array.from({ length: 60 }, (_, index) => ({
		name: `file-${index}`,
		content: Buffer.alloc(0),
	}));
	t.throws(() => isoImage('cidata', many), { instanceOf: RangeError, message: /a few files/ });
});

test('isoImage() lets no text run out of its field', (t) => {
	const content = Buffer.from('x');
	t.throws(() => isoImage('l'.repeat(17), []), {
		instanceOf: RangeError,
		message: /up to 16 characters, not 17/,
	});
	const name = 'n'.repeat(31);
	t.throws(() => isoImage('cidata', [{ name, content }]), { instanceOf: RangeError, message: /up to 30/ });
});
