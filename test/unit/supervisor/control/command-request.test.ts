import test from 'ava';
import { commandMagic, maxCommandBytes } from '../../../../supervisor/contract/command-protocol.ts';
import { type CommandRequest, parseCommandRequest } from '../../../../supervisor/control/command-request.ts';

function request(texts: string | Buffer, length = Buffer.byteLength(texts)): Buffer {
	const size = Buffer.alloc(4);
	size.writeUInt32LE(length);
	return Buffer.concat([commandMagic, size, Buffer.from(texts as string)]);
}

const parses = test.macro({
	exec(t, texts: string, expected: CommandRequest) {
		const bytes = request(texts);
		t.deepEqual(parseCommandRequest(bytes), expected);
		for (let length = 0; length < bytes.length; length += 1) {
			t.is(parseCommandRequest(bytes.subarray(0, length)), null, `the first ${length} bytes`);
		}
	},
	title: (_, texts) => `parseCommandRequest() of ${JSON.stringify(texts)}, whole and cut`,
});

const nothing = { columns: undefined, rows: undefined, isTerminal: false, wantsColour: false };
test(parses, '\0', { ...nothing, args: [] });
test(parses, 'c\0', { ...nothing, args: [], wantsColour: true });
test(parses, '0x0t\0list\0', { ...nothing, args: ['list'], isTerminal: true });
test(parses, '80x24tc\0status\0\0é\0', {
	...{ args: ['status', '', 'é'], columns: 80, rows: 24 },
	...{ isTerminal: true, wantsColour: true },
});

const refuses = test.macro({
	exec: (t, bytes: Buffer) => t.is(parseCommandRequest(bytes), 'garbage'),
	title: (name) => `parseCommandRequest() refuses ${name}`,
});

test('another first byte', refuses, Buffer.from('{'));
test('another version', refuses, Buffer.from('SLP\x02'));
test('a request that is too long', refuses, request('', maxCommandBytes + 1));
test('the longest number', refuses, request('', 0xffff_ffff));
test('bytes after the end', refuses, request('80\0list\0', 3));
test('no text', refuses, request(''));
test('a text without an end', refuses, request('80\0list'));
test('a width that is no number', refuses, request('-1\0'));
test('a width that is too great', refuses, request('100000\0'));

test('parseCommandRequest() reads bytes that are no UTF-8 as Node reads its command line', (t) => {
	t.deepEqual(parseCommandRequest(request(Buffer.from([0x00, 0xff, 0x61, 0x00]))), {
		...nothing,
		args: ['\ufffda'],
	});
});
