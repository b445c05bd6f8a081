import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { main } from '../../../../tools/cli.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

test('the format tar has an entry for the root, as GNU tar reads it', async (t) => {
	const folder = scratchFolder(t);
	const store = openImageStore(join(folder, 'store'));
	await putTestImage(store, 't/init:v1', [{ name: 'sbin/init', body: 'init', mode: 0o755 }]);
	writeFileSync(join(folder, 'os.yml'), 'init: ["t/init:v1"]\n');
	const options = ['--offline', '--cache', store.folder, '--dir', folder, '--format', 'tar'];
	const built = await runCommand({ run: main }, 'build', ...options, join(folder, 'os.yml'));
	t.is(built.exitCode, 0, built.err);
	const list = execFileSync('tar', ['-tvf', join(folder, 'os.tar')], { encoding: 'utf8' }).split('\n');
	t.regex(list[0] ?? '', /^drwxr-xr-x (root\/root|0\/0) .* \.\/$/);
	t.is(list.filter((line) => line.endsWith(' ./')).length, 1);
	t.true(list.some((line) => line.endsWith(' sbin/init')));
});
