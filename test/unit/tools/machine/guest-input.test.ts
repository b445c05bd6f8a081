import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openGuestInput } from '../../../../tools/machine/guest-input.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

function read(fd: number, buffer: Buffer): number {
	try {
		return readSync(fd, buffer);
	} catch {
		return 0;
	}
}

test('openGuestInput() keeps what is written until a reader comes and has room', async (t) => {
	const path = join(scratchFolder(), 'in');
	execFileSync('mkfifo', [path]);
	const input = openGuestInput(path);
	t.teardown(() => input.close());
	input.write('early ');
	// A pipe holds 64 KiB; the rest waits.
	input.write(Buffer.alloc(60_000, 'x'));
	const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	t.teardown(() => closeSync(fd));
	let text = '';
	const buffer = Buffer.alloc(4096);
	const take = (length: number) => (): boolean => {
		text += buffer.toString('latin1', 0, read(fd, buffer));
		return text.length >= length;
	};
	await eventually(take(60_006), { timeoutMs: 20_000, pauseMs: 1 });
	input.write('late');
	await eventually(take(60_010), { timeoutMs: 20_000, pauseMs: 1 });
	t.is(text, `early ${'x'.repeat(60_000)}late`);
});
