import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { buildAlone } from '../../../../tools/build/build-alone.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

test('buildAlone() lets one build after the other into a folder, which it makes', async (t) => {
	const folder = join(scratchFolder(), 'build');
	const log = join(scratchFolder(), 'log');
	const build = (name: string) =>
		buildAlone(folder, async () => {
			appendFileSync(log, `${name} begins\n`);
			// Another build gets its turn here, if it may.
			await new Promise((resolve) => setImmediate(resolve));
			appendFileSync(log, `${name} ends\n`);
		});
	await Promise.all([build('a'), build('b'), build('c')]);
	const lines = readFileSync(log, 'utf8').trim().split('\n');
	t.is(lines.length, 6);
	for (let at = 0; at < lines.length; at += 2)
		t.is(lines[at + 1], lines[at]?.replace('begins', 'ends'), lines.join(', '));
});

test('buildAlone() lets the next one in after a build that failed', async (t) => {
	const folder = scratchFolder();
	const failing = buildAlone(folder, async () => {
		throw new Error('no compiler');
	});
	await t.throwsAsync(failing, { message: 'no compiler' });
	t.is(await buildAlone(folder, async () => 'built'), 'built');
});
