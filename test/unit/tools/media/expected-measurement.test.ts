import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { bytesContent } from '../../../../tools/files/content.ts';
import { joinFiles } from '../../../../tools/files/joined.ts';
import { efiProgram } from '../../../../tools/media/efi-program.ts';
import { expectedRegister11 } from '../../../../tools/media/expected-measurement.ts';
import { readMediaTool } from '../../../../tools/output/media-tools.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const sha256 = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();

test("expectedRegister11() extends by names and contents in the stub's order, not the file's", async (t) => {
	const path = join(scratchFolder(t), 'program.efi');
	const contents = { '.osrel': 'ID=x\n', '.cmdline': 'quiet', '.linux': 'kernel', '.initrd': 'initrd' };
	const sections = Object.entries(contents).map(([name, text]) => ({
		name,
		content: bytesContent(Buffer.from(text)),
	}));
	const stub = await readMediaTool('linuxx64.efi.stub');
	await joinFiles(efiProgram(stub, 'stub', sections).sources, path);
	let register: Buffer = Buffer.alloc(32);
	for (const part of [
		...['.linux\0', 'kernel', '.osrel\0', 'ID=x\n'],
		...['.cmdline\0', 'quiet', '.initrd\0', 'initrd'],
	])
		register = sha256(Buffer.concat([register, sha256(part)]));
	t.is(await expectedRegister11(path), register.toString('hex'));
});

test('expectedRegister11() is null for another stub, and refuses what is no EFI program', async (t) => {
	const path = join(scratchFolder(t), 'program.efi');
	const stub = await readMediaTool('linuxx64.efi.stub');
	writeFileSync(
		path,
		Buffer.from(stub.toString('latin1').replace('systemd-stub 252', 'systemd-stub 999'), 'latin1'),
	);
	t.is(await expectedRegister11(path), null);
	for (const bytes of ['', 'MZ', 'x'.repeat(1000)]) {
		writeFileSync(path, bytes);
		await t.throwsAsync(expectedRegister11(path), {
			code: 'BAD_INPUT',
			message: /is no EFI program, or it is cut/,
		});
	}
});
