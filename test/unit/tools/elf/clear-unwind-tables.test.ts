import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { clearUnwindTables } from '../../../../tools/elf/clear-unwind-tables.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

/** Says its word, and throws when it has an argument. */
const source = `
#include <cstdio>
#include <stdexcept>
int main(int count, char**) {
	std::puts("runs");
	std::fflush(stdout);
	try {
		if (count > 1) throw std::runtime_error("thrown");
	} catch (const std::exception& error) {
		std::puts(error.what());
	}
}
`;

async function compiled(t: ExecutionContext): Promise<string> {
	const program = join(scratchFolder(t), 'program');
	writeFileSync(`${program}.cc`, source);
	const built = await runProgram('g++', ['-o', program, `${program}.cc`]);
	t.is(built.exitCode, 0, built.stderr);
	return program;
}

test('clearUnwindTables() leaves a program that runs, and catches no exception', async (t) => {
	const program = await compiled(t);
	t.is((await runProgram(program, ['throw'])).stdout, 'runs\nthrown\n');
	const bytes = readFileSync(program);
	const sizes = [...(await runProgram('readelf', ['-SW', program])).stdout.matchAll(/\.eh_frame\S* .*/g)].map(
		([line]) => Number.parseInt(line.split(/\s+/)[4] ?? '', 16),
	);
	const cleared = clearUnwindTables(bytes);
	// The record that ends the table is of zeros already.
	t.is(cleared, sizes.reduce((sum, size) => sum + size, 0) - 4);
	writeFileSync(program, bytes);
	chmodSync(program, 0o755);
	t.is((await runProgram(program, [])).stdout, 'runs\n');
	const { stdout, stderr, exitCode } = await runProgram(program, ['throw']);
	t.deepEqual([stdout, exitCode], ['runs\n', null]);
	t.regex(stderr, /^terminate called after throwing/);
	t.is(clearUnwindTables(bytes), 0, 'there are none any more');
});

test('clearUnwindTables() takes no table that runs out of its segment', async (t) => {
	const bytes = readFileSync(await compiled(t));
	const index = bytes.indexOf(Buffer.of(1, 0x1b, 3, 0x3b));
	t.true(index > 0);
	// The first record is longer than the file.
	const frames = index + 4 + bytes.readInt32LE(index + 4);
	bytes.writeUInt32LE(2 ** 31, frames);
	const before = Buffer.from(bytes);
	t.is(clearUnwindTables(bytes), 0);
	t.deepEqual(bytes, before);
});
