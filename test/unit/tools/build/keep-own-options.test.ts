import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { keepOwnOptions } from '../../../../tools/build/keep-own-options.ts';
import { nodePath } from '../../../../tools/build/pinned-node.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('keepOwnOptions() makes Node leave the files of its options after the script alone', async (t) => {
	const folder = scratchFolder(t);
	const changed = join(folder, 'node');
	const program = readFileSync(nodePath());
	keepOwnOptions(program);
	writeFileSync(changed, program);
	chmodSync(changed, 0o755);
	const script = join(folder, 'script.cjs');
	writeFileSync(script, 'console.log(process.argv.slice(2).join(" "), process.env.FROM_FILE);');
	const variables = join(folder, 'variables');
	writeFileSync(variables, 'FROM_FILE=1\n');
	const run = async (node: string, ...words: readonly string[]) => {
		const { exitCode, stdout } = await runProgram(node, [script, ...words], { cwd: folder });
		return [exitCode, stdout.trimEnd()];
	};
	for (const words of [
		['--env-file', 'missing'],
		['--env-file=missing'],
		['--env-file-if-exists=missing'],
		['--experimental-config-file=missing'],
		['--experimental-config-file', 'missing'],
		['--experimental-default-config-file'],
		['--env-file', variables],
	]) {
		t.deepEqual(await run(changed, ...words), [0, `${words.join(' ')} undefined`]);
	}
	// The reason for all of this: Node by itself wants the file of the script's option.
	t.is((await run(nodePath(), '--env-file', 'missing'))[0], 9);
});

test('keepOwnOptions() refuses a binary that it does not know', (t) => {
	t.throws(() => keepOwnOptions(Buffer.alloc(100)), {
		code: 'BAD_INPUT',
		message: /Is it another version\?/,
	});
});
