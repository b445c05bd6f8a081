import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { printableOutput } from '../../../../tools/terminal/printable-output.ts';

const hostile = Buffer.from('\u001b]0;title\u0007 ünï\r\n\u202etxt\n');

async function shown(isTTY: boolean): Promise<Buffer> {
	const out = Object.assign(new PassThrough(), { isTTY });
	const output = printableOutput(out);
	// Cut in the middle of characters.
	for (const byte of hostile) output.write(Buffer.of(byte));
	output.end(() => out.end());
	return await buffer(out);
}

test('printableOutput() makes control characters harmless on a terminal', async (t) => {
	t.is((await shown(true)).toString(), ' ]0;title  ünï \n txt\n');
});

test('printableOutput() changes nothing for a file or a pipe', async (t) => {
	t.deepEqual(await shown(false), hostile);
});
