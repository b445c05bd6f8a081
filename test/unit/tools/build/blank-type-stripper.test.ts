import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { blankTypeStripper } from '../../../../tools/build/blank-type-stripper.ts';
import { nodePath } from '../../../../tools/build/pinned-node.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('blankTypeStripper() takes the compiler of TypeScript out of a Node that runs scripts as before', async (t) => {
	const node = readFileSync(nodePath());
	const { length } = node;
	t.true(blankTypeStripper(node) > 3e6);
	t.is(node.length, length);
	t.is(blankTypeStripper(node), 0);
	const path = join(scratchFolder(t), 'node');
	writeFileSync(path, node);
	chmodSync(path, 0o755);
	const ran = await runProgram(path, ['-e', 'console.log(Buffer.from("AGFzbQ", "base64").length)']);
	t.is(ran.stderr, '');
	t.is(ran.stdout, '4\n');
	const typed = await runProgram(path, ['--input-type=module-typescript', '-e', 'const a: number = 1;']);
	t.not(typed.exitCode, 0);
});

test('blankTypeStripper() leaves small programs and other texts alone', (t) => {
	const long = 'A'.repeat(2_000_000);
	const program = Buffer.from(`"AGFzbQ", from(AGFzbQ${long}", "AGFzbQ-${long}"`);
	const before = Buffer.from(program);
	t.is(blankTypeStripper(program), 0);
	t.deepEqual(program, before);
});
