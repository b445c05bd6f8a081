import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readSources } from '../../../../tools/config/read-sources.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('readSources() refuses a file that is not UTF-8, as LinuxKit does', async (t) => {
	const file = join(scratchFolder(t), 'a.yml');
	await writeFile(file, Buffer.from('init:\n- caf\xe9\n', 'latin1'));
	await t.throwsAsync(readSources([file]), {
		message: `${file}:2:1: this line is not UTF-8, as YAML files must be.`,
	});
});

test('readSources() says why a file cannot be read', async (t) => {
	const folder = scratchFolder(t);
	await t.throwsAsync(readSources([join(folder, 'a.yml')]), { message: /a\.yml: there is no such file\.$/ });
	await writeFile(join(folder, 'web.yml'), '');
	await t.throwsAsync(readSources([join(folder, 'web')]), {
		message: /web: there is no such file\. Did you mean \S+\/web\.yml\?$/,
	});
	await t.throwsAsync(readSources([folder]), { message: /it is a directory; name the YAML file in it\.$/ });
});

test('readSources() refuses a file that is given twice: its services would be there twice', async (t) => {
	await t.throwsAsync(readSources(['a.yml', 'b.yml', 'a.yml']), { message: /^a\.yml is given twice\./ });
});

test('readSources() stops reading an endless file', async (t) => {
	await t.throwsAsync(readSources(['/dev/zero']), { message: '/dev/zero:1:1: More than 16 MB of YAML.' });
});
