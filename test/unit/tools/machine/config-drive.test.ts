import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SlipwayError, UsageError } from '../../../../tools/errors.ts';
import { configDrive, readData } from '../../../../tools/machine/config-drive.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('readData() takes the contents of a file, or else the text', (t) => {
	const file = join(scratchFolder(t), 'data.json');
	writeFileSync(file, '{"a": {"content": "b"}}');
	t.is(readData(file).toString(), '{"a": {"content": "b"}}');
	for (const text of ['hello', '{"a":{"content":"/etc/x.json"}}', 'see /etc/passwd', 'a/b']) {
		t.is(readData(text).toString(), text);
	}
});

const refuses = test.macro({
	exec(t, text: string, message: RegExp) {
		t.throws(() => readData(text), { instanceOf: UsageError, message });
	},
	title: (name = '') => `readData() refuses ${name}`,
});

test('a mistyped path', refuses, './no-such-file', /there is no such file/);
test('a mistyped name', refuses, 'no-such-file.json', /there is no such file/);
test('a folder', refuses, '/tmp', /expected a file or a text/);
test('nothing', refuses, '', /nothing in it/);

test('readData() refuses what is larger than 16 MiB', (t) => {
	const file = join(scratchFolder(t), 'data');
	writeFileSync(file, '');
	truncateSync(file, 16 * 2 ** 20 + 1);
	const error = t.throws(() => readData(file), { instanceOf: SlipwayError });
	t.is(error.code, 'BAD_INPUT');
});

test('configDrive() has another instance-id for other data, and the same for the same', (t) => {
	const idOf = (data: string): string | undefined =>
		/instance-id: (slipway-[0-9a-f]{16})\n/.exec(configDrive(Buffer.from(data)).toString('latin1'))?.[1];
	t.truthy(idOf('a'));
	t.is(idOf('a'), idOf('a'));
	t.not(idOf('a'), idOf('b'));
});
