import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { lockFileOf, lockText, readLock } from '../../../../tools/resolve/lock-file.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const digest = `sha256:${'a'.repeat(64)}`;

test('lockFileOf() returns a path beside the YAML file', (t) => {
	t.is(lockFileOf('examples/redis-os.yml'), 'examples/redis-os.lock');
	t.is(lockFileOf('a.yaml'), 'a.lock');
	t.is(lockFileOf('-'), null);
});

test('lockText() is sorted, and readLock() reads it', async (t) => {
	const file = join(scratchFolder(t), 'a.lock');
	t.is(await readLock(file), null);
	const lock = new Map([
		['docker.io/library/b:v1', digest],
		['docker.io/library/a:v1', digest],
	]);
	writeFileSync(file, lockText(lock));
	const read = await readLock(file);
	t.deepEqual([...(read ?? [])], [...lock].reverse());
});

const bad = test.macro({
	async exec(t, text: string, expected: RegExp) {
		const file = join(scratchFolder(t), 'a.lock');
		writeFileSync(file, text);
		await t.throwsAsync(readLock(file), { code: 'BAD_INPUT', message: expected });
	},
	title: (_, text) => `readLock() refuses ${JSON.stringify(text)}`,
});

test(bad, '', /a\.lock is not a lock file: .*Write it again with --write-lock/);
test(bad, 'null', /expected "version": 1/);
test(bad, '{"version": 2, "images": {}}', /expected "version": 1/);
test(bad, '{"version": 1, "images": null}', /expected "images"/);
test(bad, '{"version": 1, "images": {"a": "sha256:../x"}}', /is not a digest/);
