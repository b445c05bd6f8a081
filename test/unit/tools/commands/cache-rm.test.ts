import { join } from 'node:path';
import test from 'ava';
import { cacheRmCommand } from '../../../../tools/commands/cache-rm.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

test('slipway cache rm removes several references, and their blobs stay', async (t) => {
	const store = openImageStore(scratchFolder(t));
	for (const name of ['a', 'b', 'c']) await putTestImage(store, name, [{ name: 'app', body: name }]);
	const image = await store.find('a');
	const removed = await runCommand(
		cacheRmCommand,
		'--cache',
		store.folder,
		'a',
		'docker.io/library/c:latest',
	);
	t.deepEqual(removed, { exitCode: 0, out: '', err: '' });
	t.deepEqual(
		(await store.list()).map((each) => each.reference),
		['docker.io/library/b:latest'],
	);
	t.true(store.blobs.has(image?.manifest.digest ?? ''));
});

test('slipway cache rm names all unknown references and removes nothing', async (t) => {
	const store = openImageStore(scratchFolder(t));
	await putTestImage(store, 'a', [{ name: 'app', body: 'a' }]);
	await t.throwsAsync(runCommand(cacheRmCommand, '--cache', store.folder, 'x', 'a', 'a:other'), {
		code: 'NO_IMAGE',
		message: /has no docker\.io\/library\/x:latest, docker\.io\/library\/a:other; nothing was removed/,
	});
	t.true(await store.has('a'));
});

test('slipway cache rm of a store that does not exist names the reference', async (t) => {
	const folder = join(scratchFolder(t), 'none');
	await t.throwsAsync(runCommand(cacheRmCommand, '--cache', folder, 'x'), { code: 'NO_IMAGE' });
});

test('slipway cache rm: wrong usage', async (t) => {
	await t.throwsAsync(runCommand(cacheRmCommand), { name: 'UsageError', message: /needs a REFERENCE/ });
	await t.throwsAsync(runCommand(cacheRmCommand, 'UPPER'), { code: 'BAD_INPUT' });
});
