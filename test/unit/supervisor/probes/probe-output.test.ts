import { existsSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openProbeOutput } from '../../../../supervisor/probes/probe-output.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const native = await openAddon();

const says = test.macro({
	async exec(t, printed: string, expected: string) {
		const path = join(scratchFolder(t), 'probe/app.ready');
		const output = openProbeOutput(native, path);
		t.is(output?.path, path);
		const program = await open(path, 'w');
		await program.writeFile(printed);
		await program.close();
		t.is(output?.lastLine(), expected);
		output?.close();
		t.false(existsSync(path));
	},
	title: (name = '') => `openProbeOutput() keeps the last line ${name}`,
});
test('of two', says, 'first\nsecond\n', 'second');
test('that is not blank', says, 'words\n\n  \n', 'words');
test('without its end', says, 'first\nhalf', 'half');
test('of nothing', says, '', '');
test('without what would move a cursor', says, 'a\x1b[2Jb\tc\n', 'a [2Jb c');
test('cut', says, `${'x'.repeat(999)}\n`, `${'x'.repeat(199)}…`);
// The program never waits for us, and we never remember it all.
test('of megabytes', says, `${'line\n'.repeat(1_000_000)}end\n`, 'end');

test('openProbeOutput() begins anew, whatever an earlier run has left', async (t) => {
	const path = join(scratchFolder(t), 'app.ready');
	writeFileSync(path, 'no FIFO at all');
	const first = openProbeOutput(native, path);
	const program = await open(path, 'w');
	writeSync(program.fd, 'old');
	const second = openProbeOutput(native, path);
	t.is(second?.lastLine(), '');
	await program.close();
	first?.close();
	second?.close();
	t.is(openProbeOutput(native, '/proc/nowhere/fifo'), null);
});
