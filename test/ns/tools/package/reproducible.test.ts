// The packages themselves, built a second time from the same .deb files: the same digests.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const packages = process.env['SLIPWAY_CACHE'] ?? resolve('build/cache');

async function digests(store: string, command: 'ls' | 'build'): Promise<readonly string[]> {
	const { stdout, stderr } = await runProgram('build/slipway', ['pkg', command, '--cache', store]);
	if (stderr !== '') throw new Error(stderr);
	if (/out of date|not built/.test(stdout)) throw new Error(`Run "make packages" first:\n${stdout}`);
	return stdout
		.split('\n')
		.flatMap((line) => /^(\S+\/\S+) +([0-9a-f]{12}) /.exec(line)?.slice(1).join(' ') ?? [])
		.sort();
}

test('every package of pkg/ has the same digest when it is built again in another store', async (t) => {
	t.timeout(600_000);
	const store = join(scratchFolder(t), 'cache');
	// Not fetched again. Linked where links can reach.
	if (existsSync(join(packages, 'debian'))) {
		const copy = 'mkdir "$1" && { cp -al "$0" "$1" 2>/dev/null || cp -a "$0" "$1"; }';
		const copied = await runProgram('sh', ['-c', copy, join(packages, 'debian'), store]);
		t.is(copied.exitCode, 0, copied.stderr);
	}
	const expected = await digests(packages, 'ls');
	t.true(expected.length > 5);
	t.deepEqual(await digests(store, 'build'), expected);
});
