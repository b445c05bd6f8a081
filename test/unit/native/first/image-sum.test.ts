import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { wordSum } from '../../../../tools/files/word-sum.ts';
import { ownerOfAll, scratchFolder } from '../../../helpers/scratch.ts';
import { buildProgram } from './build-program.ts';

const owner = ownerOfAll();
let folder: string;
let program: string;

test.before((t) => {
	folder = scratchFolder(owner);
	program = buildProgram(t, 'sum-file', folder);
});
test.after.always(() => owner.cleanUp());

for (const size of [0, 1, 127, 128, 4095, 4096, 1_000_003]) {
	test(`the first program and the build have the same sum of ${size} bytes`, (t) => {
		const bytes = randomBytes(size);
		const path = join(folder, `bytes-${size}`);
		writeFileSync(path, bytes);
		const input = openSync(path, 'r');
		const { status, stdout } = spawnSync(program, {
			stdio: [input, 'pipe', 'inherit'],
			encoding: 'utf8',
		});
		closeSync(input);
		t.is(status, 0);
		const sum = wordSum();
		sum.add(bytes);
		t.is(stdout.trim(), sum.digest());
	});
}
