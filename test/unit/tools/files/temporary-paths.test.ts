import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import test from 'ava';
import { removingOnSignals } from '../../../../tools/files/temporary-paths.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const fixture = resolve('test/unit/tools/output/fixtures/interrupted.ts');

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	test(`removingOnSignals() leaves nothing behind on ${signal}, and ends by it`, async (t) => {
		const folder = scratchFolder(t);
		const child = spawn(process.execPath, ['--no-warnings', fixture, folder], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		await once(child.stdout, 'data');
		t.deepEqual(readdirSync(folder).sort(), ['file', 'folder', 'kept']);
		child.kill(signal);
		const [code, endedBy] = await once(child, 'exit');
		t.deepEqual([code, endedBy], [null, signal]);
		t.deepEqual(readdirSync(folder), ['kept']);
	});
}

test('removingOnSignals() returns the result of the work and removes its listeners', async (t) => {
	const before = process.listenerCount('SIGINT');
	t.is(await removingOnSignals(async () => 7), 7);
	await t.throwsAsync(removingOnSignals(() => Promise.reject(new Error('no'))));
	t.is(process.listenerCount('SIGINT'), before);
});
