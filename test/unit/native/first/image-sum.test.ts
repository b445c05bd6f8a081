import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { wordSum } from '../../../../tools/files/word-sum.ts';
import { ownerOfAll, scratchFolder } from '../../../helpers/scratch.ts';

const owner = ownerOfAll();
let folder: string;

test.before((t) => {
	folder = scratchFolder(owner);
	const source = join(import.meta.dirname, 'sum-file.c');
	const flags = ['-Os', '-Wall', '-Wextra', '-Werror', '-fsanitize=undefined', '-D_GNU_SOURCE'];
	const { status, stderr } = spawnSync('gcc', [...flags, '-o', join(folder, 'sum-file'), source], {
		encoding: 'utf8',
	});
	t.is(status, 0, stderr);
});
test.after.always(() => owner.cleanUp());

for (const size of [0, 1, 127, 128, 4095, 4096, 1_000_003]) {
	test(`the first program and the build have the same sum of ${size} bytes`, (t) => {
		const bytes = randomBytes(size);
		const path = join(folder, `bytes-${size}`);
		writeFileSync(path, bytes);
		const input = openSync(path, 'r');
		const { status, stdout } = spawnSync(join(folder, 'sum-file'), {
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
