import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import {
	removeLeftovers,
	removingOnSignals,
	temporaryPath,
} from '../../../../tools/files/temporary-paths.ts';
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

test('removeLeftovers() removes what a build killed by SIGKILL has left, and nothing of one that runs', async (t) => {
	const folder = scratchFolder(t);
	const fixtureOfBuild = resolve('test/unit/tools/output/fixtures/killed.ts');
	const child = spawn(process.execPath, ['--no-warnings', fixtureOfBuild, folder], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	await once(child.stdout, 'data');
	const left = readdirSync(folder);
	t.is(left.length, 2);
	await removeLeftovers(folder);
	t.deepEqual(readdirSync(folder), left);
	child.kill('SIGKILL');
	await once(child, 'exit');
	const own = temporaryPath(folder, new Set());
	mkdirSync(own);
	writeFileSync(join(folder, '.slipway-of-somebody'), '');
	await removeLeftovers(folder);
	t.deepEqual(new Set(readdirSync(folder)), new Set([own.slice(folder.length + 1), '.slipway-of-somebody']));
});

test('removeLeftovers() keeps what a process of another system may use, for a day', async (t) => {
	const folder = scratchFolder(t);
	const uuid = '00000000-0000-4000-8000-000000000000';
	const names = [`.slipway-00000000.1.1-${uuid}`, `.slipway-${uuid}`];
	for (const name of names) writeFileSync(join(folder, name), '');
	await removeLeftovers(folder);
	t.deepEqual(readdirSync(folder).sort(), names.sort());
	const long = new Date(Date.now() - 48 * 60 * 60 * 1000);
	for (const name of names) utimesSync(join(folder, name), long, long);
	await removeLeftovers(folder);
	t.deepEqual(readdirSync(folder), []);
});

test('removeLeftovers() removes nothing old that has another name', async (t) => {
	const folder = scratchFolder(t);
	const names = ['.slipway', '.slipway-00000000.1.1-notes', 'letter.txt', 'photos'];
	for (const name of names) {
		if (name === 'photos') mkdirSync(join(folder, name));
		else writeFileSync(join(folder, name), '');
		utimesSync(join(folder, name), 0, 0);
	}
	await removeLeftovers(folder);
	t.deepEqual(readdirSync(folder).sort(), names);
});

test('removeLeftovers() ignores a folder that is not there', async (t) => {
	await t.notThrowsAsync(removeLeftovers(join(scratchFolder(t), 'none')));
});
