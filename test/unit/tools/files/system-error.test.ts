import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { main } from '../../../../tools/cli.ts';
import { replaceFile } from '../../../../tools/files/replace-file.ts';
import { namingTarget } from '../../../../tools/files/system-error.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('namingTarget() names what the user has named, and no temporary file', async (t) => {
	const target = join(scratchFolder(t), 'absent', 'x');
	const write = () => writeFile(join(target, '..', '.temporary'), '');
	await t.throwsAsync(namingTarget(target, write), {
		code: 'NO_FILE',
		message: `${target} can't be written: no such file or directory.`,
	});
	const read = async () => readFileSync('/nowhere/at/all');
	await t.throwsAsync(namingTarget(target, read), { message: /^ENOENT: .*nowhere/ });
	const readNearby = async () => readFileSync(join(target, '..', '..', 'abs', 'read'));
	await t.throwsAsync(namingTarget(target, readNearby), { message: /^ENOENT: .*abs\/read/ });
	await t.throwsAsync(
		namingTarget(target, () => replaceFile('/dev/null/x', new Set(), async () => undefined)),
		{ message: /^E.*\/dev\/null/ },
	);
});

for (const words of [['new'], ['new', '--from', 'python'], ['pkg', 'new']]) {
	test(`slipway ${words.join(' ')}: a file where a directory should be`, async (t) => {
		const file = join(scratchFolder(t), 'file');
		writeFileSync(file, 'mine');
		const { err, exitCode } = await runCommand({ run: main }, ...words, join(file, 'web'));
		t.regex(
			err,
			/^slipway: \S+\/file\/web\S* can't be written: a part of the path is a file, not a directory\.\n$/,
		);
		t.is(exitCode, 1);
		t.is(readFileSync(file, 'utf8'), 'mine');
	});
}
