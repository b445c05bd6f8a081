// Read by qemu-img, which knows nothing of our writer.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixedVhdFooter, withIdentity } from '../../../../tools/media/vhd.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

for (const megabytes of [1, 107, 600, 3000]) {
	test(`fixedVhdFooter() of ${megabytes} MB is what qemu-img reads, size and all`, async (t) => {
		const size = megabytes * 2 ** 20;
		const path = join(scratchFolder(t), 'a.vhd');
		await runProgram('truncate', ['--size', String(size), path]);
		writeFileSync(path, fixedVhdFooter(size, 'a'), { flag: 'a' });
		const info = await runProgram('qemu-img', ['info', '--output', 'json', '-f', 'vpc', path]);
		t.is(info.exitCode, 0, info.stderr);
		t.is((JSON.parse(info.stdout) as { 'virtual-size': number })['virtual-size'], size);
	});
}

test('withIdentity() changes the id with the text, and keeps the checksum right', (t) => {
	const sumOf = (footer: Buffer): number => {
		const rest = Buffer.from(footer);
		rest.fill(0, 64, 68);
		return ~rest.reduce((sum, byte) => sum + byte, 0) >>> 0;
	};
	const [a, b] = [fixedVhdFooter(2 ** 20, 'a'), fixedVhdFooter(2 ** 20, 'b')];
	t.false(a.equals(b));
	t.true(withIdentity(b, 'a').equals(a));
	for (const footer of [a, b]) t.is(footer.readUInt32BE(64), sumOf(footer));
});
