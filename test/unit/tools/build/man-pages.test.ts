import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { manPages, roff } from '../../../../tools/build/man-pages.ts';
import { commands } from '../../../../tools/cli.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('manPages() has a page for each command, without a warning of mandoc', async (t) => {
	const pages = manPages('1.2.3');
	t.is(pages.size, commands.length + 2);
	const folder = scratchFolder(t);
	for (const [name, text] of pages) writeFileSync(join(folder, name), text);
	const files = [...pages.keys()].map((name) => join(folder, name));
	const { stdout, stderr } = await runProgram('mandoc', ['-T', 'lint', '-W', 'warning', ...files]);
	// A date would make the bytes depend on the day of the build.
	t.deepEqual(
		stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date')),
		[],
		stderr,
	);
});

test('manPages() shows a command with its options as they are typed', async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'page.1'), manPages('1.2.3').get('slipway-new.1') ?? '');
	const { stdout } = await runProgram('mandoc', ['-T', 'ascii', join(folder, 'page.1')]);
	// Bold letters are written twice.
	const text = stdout.replaceAll(/.[\b]/g, '');
	t.regex(text, /^NAME\n +slipway-new - write a commented YAML file to start from$/m);
	t.regex(text, /^ +slipway new \[options\] NAME$/m);
	t.regex(text, /^ +--force\n/m);
	t.regex(text, /^ +slipway new cache --from redis$/m);
	t.regex(text, /slipway 1\.2\.3/);
});

test('roff() escapes what man(7) reads as a request', (t) => {
	t.is(roff('.TH is `a\\b-c`'), '\\&.TH is \\fBa\\eb\\-c\\fR');
	t.is(roff('a … b'), 'a \\[u2026] b');
});

test('roff() nests lists and sets code apart', (t) => {
	t.deepEqual(roff('- `a`: b\n  - c: d\n\n```\n.x\n```\n\nend').split('\n'), [
		...['.TP', '\\fBa\\fR', 'b', '.RS', '.TP', 'c', 'd', '.RE'],
		...['.PP', '.RS', '.nf', '\\&.x', '.fi', '.RE', '.PP', 'end'],
	]);
});
