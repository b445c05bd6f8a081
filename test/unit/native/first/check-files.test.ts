import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import { wordSum } from '../../../../tools/files/word-sum.ts';
import { ownerOfAll, scratchFolder } from '../../../helpers/scratch.ts';
import { buildProgram } from './build-program.ts';

const test = ava.serial;
const owner = ownerOfAll();
let folder: string;
let program: string;
let list: string;
let files: readonly string[];

test.before((t) => {
	folder = scratchFolder(owner);
	program = buildProgram(t, 'check-files', folder);
});
test.after.always(() => owner.cleanUp());

test.beforeEach(() => {
	list = join(folder, 'files.sums');
	files = [join(folder, 'init'), join(folder, '00-loop.ko')];
	for (const [index, path] of files.entries()) writeFileSync(path, Buffer.alloc(5000 + index, path));
	writeFileSync(list, files.map((path) => `${sumOf(path)} ${path}\n`).join(''));
});

function sumOf(path: string): string {
	const sum = wordSum();
	sum.add(readFileSync(path));
	return sum.digest();
}

function check(): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
	return spawnSync(program, [list], { encoding: 'utf8' });
}

function flipBit(path: string, at: number, bit: number): void {
	const bytes = readFileSync(path);
	bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
	writeFileSync(path, bytes);
}

test('the first program takes files that are those of the build, and removes the list', (t) => {
	t.like(check(), { status: 0, stdout: '', stderr: '' });
	t.false(existsSync(list));
	t.true(files.every((path) => existsSync(path)));
});

test('the first program asks for no list, which an earlier version has not written', (t) => {
	rmSync(list);
	t.like(check(), { status: 0, stdout: '' });
});

test('the first program names a file that has another bit', (t) => {
	for (const path of files) {
		const expected = sumOf(path);
		flipBit(path, 1234, 3);
		const { status, stdout } = check();
		t.is(status, 1);
		t.true(
			stdout.startsWith(
				`the initrd is damaged: the sum of ${path} is ${sumOf(path)}, and it was built with ${expected}. Copy the initrd again`,
			),
			stdout,
		);
		flipBit(path, 1234, 3);
	}
	t.is(check().status, 0);
});

test('the first program names a file that has another name', (t) => {
	const [, path = ''] = files;
	renameSync(path, path.replace('00-', '01-'));
	const { status, stdout } = check();
	t.is(status, 1);
	t.regex(stdout, /^the initrd is damaged: \S+00-loop\.ko cannot be read: No such file or directory\. /);
	rmSync(path.replace('00-', '01-'));
});

test('the first program refuses a list with any other bit', (t) => {
	const whole = readFileSync(list);
	for (let at = 0; at < whole.length; at++) {
		for (let bit = 0; bit < 8; bit++) {
			// Two bits of each byte: each is a process.
			if (at % 4 !== bit % 4) continue;
			writeFileSync(list, whole);
			flipBit(list, at, bit);
			const { status, stdout, stderr } = check();
			t.deepEqual([status, stderr], [1, ''], `bit ${bit} of byte ${at}`);
			t.regex(stdout, /^the initrd is damaged: /);
		}
	}
});

test('the first program refuses a list that is cut or has holes', (t) => {
	const whole = readFileSync(list);
	for (const bytes of [whole.subarray(0, -1), whole.subarray(0, 20), Buffer.alloc(whole.length)]) {
		writeFileSync(list, bytes);
		const { status, stdout } = check();
		t.is(status, 1);
		t.regex(stdout, /^the initrd is damaged: its list \S+ is no list of sums\. /);
	}
});
