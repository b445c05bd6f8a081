import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { buildProgram } from './build-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-first-'));
let program: string;

test.before((t) => {
	program = buildProgram(t, 'find-option', folder);
});

test.after.always(() => {
	rmSync(folder, { recursive: true });
});

function rootOf(line: string): string | null {
	const { status, stdout, stderr } = spawnSync(program, [line, 'root'], { encoding: 'utf8' });
	if (status !== 0 && status !== 1) throw new Error(stderr);
	return status === 0 ? stdout.trimEnd() : null;
}

const lines: Readonly<Record<string, string | null>> = {
	'root=/dev/vda quiet\n': '/dev/vda',
	'quiet root=/dev/vda root=/dev/vdb': '/dev/vdb',
	'xroot=/dev/vda root quiet': null,
	'root="/dev/vda" quiet': '/dev/vda',
	'root="/dev/vda': '/dev/vda',
	'root="a b"': 'a b',
	'root=" quiet': ' quiet',
	'root= quiet': '',
	'note="set root=/dev/vda here" quiet': null,
	'': null,
	[`root=${'a'.repeat(40)}`]: 'a'.repeat(31),
};

for (const [line, value] of Object.entries(lines)) {
	test(`the first program finds root=${value} in: ${line}`, (t) => {
		t.is(rootOf(line), value);
	});
}
