// Loaded by ava in each test file (package.json, `ava.require`): appends the file's duration to the file that
// test/run.ts names in TEST_DURATIONS, as `SECONDS\tFILE`. Does nothing when the variable is not set.

import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const list = process.env['TEST_DURATIONS'];
if (list !== undefined) {
	const startedAtMs = performance.now();
	process.on('exit', () => {
		const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(2);
		appendFileSync(list, `${seconds}\t${relative('.', fileURLToPath(test.meta.file))}\n`);
	});
}
