import { closeSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isSwapOrBlank, pageSizeBytes, swapHeader } from '../../../../pkg/swap/swap-header.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const uuid = '01234567-89ab-4cde-8f01-23456789abcd';

for (const sizeBytes of [10 * 4096, 1024 * 1024, 1024 * 1024 + 5]) {
	test(`swapHeader() of ${sizeBytes} bytes is mkswap's`, async (t) => {
		const file = join(scratchFolder(t), 'swap');
		const fd = openSync(file, 'w', 0o600);
		ftruncateSync(fd, sizeBytes);
		closeSync(fd);
		const made = await runProgram('mkswap', ['--uuid', uuid, '--pagesize', '4096', file]);
		t.is(made.exitCode, 0, made.stderr);
		const ours = swapHeader(sizeBytes, 4096, Buffer.from(uuid.replaceAll('-', ''), 'hex'));
		t.deepEqual(ours, readFileSync(file).subarray(0, 4096));
	});
}

test('swapHeader() gives each area a UUID of its own, which blkid knows', async (t) => {
	t.notDeepEqual(swapHeader(1e6, 4096), swapHeader(1e6, 4096));
	const version = swapHeader(1e6, 4096).subarray(1036 + 6, 1036 + 9);
	t.is(version.readUInt8(0) >> 4, 4);
	t.is(version.readUInt8(2) >> 6, 2);
});

test('isSwapOrBlank() knows what may be written over', (t) => {
	t.true(isSwapOrBlank(swapHeader(1e6, 4096), 4096));
	t.true(isSwapOrBlank(Buffer.alloc(4096), 4096));
	t.false(isSwapOrBlank(Buffer.alloc(4096, 'x'), 4096));
});

test('pageSizeBytes() is what getconf says', async (t) => {
	t.is(pageSizeBytes(), Number((await runProgram('getconf', ['PAGESIZE'])).stdout));
	t.throws(() => pageSizeBytes(Buffer.alloc(16)), { message: /has no AT_PAGESZ/ });
});
