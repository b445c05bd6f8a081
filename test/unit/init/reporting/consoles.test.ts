import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'ava';
import { Consoles, listedConsoles } from '../../../../init/reporting/consoles.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const list = `ttyS0                -W- (EC p a)    4:64
tty0                 -WU (E  p  )    4:1
hvc0                 -W- (E  p  )  229:0
earlyser0            -W- (EB p  )
ttyS1                -W- (   p  )    4:65
../etc               -W- (E  p  )
`;

test('listedConsoles() returns the enabled ones but those of the early boot', (t) => {
	t.deepEqual(listedConsoles(list), [
		{ name: 'ttyS0', isDefault: true },
		{ name: 'tty0', isDefault: false },
		{ name: 'hvc0', isDefault: false },
	]);
	t.deepEqual(listedConsoles(''), []);
});

test('Consoles writes each line to all, and the past to one that comes later', async (t) => {
	const folder = scratchFolder(t);
	const devices = join(folder, 'dev');
	mkdirSync(devices);
	for (const name of ['console', 'tty0']) writeFileSync(join(devices, name), '');
	writeFileSync(join(folder, 'consoles'), list);
	const written = new Map<number, string>();
	const { native } = createFakeNative({
		writeAvailable: (fd: number, bytes: Buffer) => {
			written.set(fd, (written.get(fd) ?? '') + bytes.toString());
			return bytes.length;
		},
		isCanonical: () => 1,
	});
	const consoles = new Consoles(native, { list: join(folder, 'consoles'), devices });
	consoles.write('one\n', false);
	t.deepEqual([...written.values()], ['one\n', 'one\n']);

	writeFileSync(join(devices, 'hvc0'), '');
	consoles.tryOpen();
	consoles.tryOpen();
	consoles.write('two\n', false);
	t.deepEqual([...written.values()], ['one\ntwo\n', 'one\ntwo\n', 'one\ntwo\n']);
	t.is(readFileSync(join(devices, 'tty0'), 'utf8'), '');
});

test('Consoles writes once to each when a driver brings the one that /dev/console is then', (t) => {
	const folder = scratchFolder(t);
	for (const name of ['console', 'ttyS0', 'hvc0']) writeFileSync(join(folder, name), '');
	const kernelList = join(folder, 'list');
	writeFileSync(kernelList, 'ttyS0                -W- (EC p a)    4:64\n');
	const lines: string[] = [];
	const { native } = createFakeNative({
		writeAvailable: (fd: number, bytes: Buffer) => {
			const file = readlinkSync(`/proc/self/fd/${fd}`);
			lines.push(`${basename(file)}: ${bytes.toString().trim()}`);
			return bytes.length;
		},
		isCanonical: () => 1,
	});
	const consoles = new Consoles(native, { list: kernelList, devices: folder });
	consoles.write('one\n', false);
	writeFileSync(
		kernelList,
		'hvc0                 -W- (EC p  )  229:0\nttyS0                -W- (E  p a)    4:64\n',
	);
	consoles.tryOpen();
	consoles.write('two\n', false);
	t.deepEqual(lines, ['console: one', 'hvc0: one', 'console: two', 'hvc0: two']);
});

test('Consoles leaves what is not urgent off the console at which a person types, and only there', (t) => {
	const folder = scratchFolder(t);
	for (const name of ['console', 'tty0']) writeFileSync(join(folder, name), '');
	writeFileSync(join(folder, 'list'), list);
	const lines: [fd: number, text: string][] = [];
	const opened: number[] = [];
	const { native } = createFakeNative({
		writeAvailable: (fd: number, bytes: Buffer) => {
			lines.push([fd, bytes.toString()]);
			return bytes.length;
		},
		isCanonical: (fd: number) => {
			if (!opened.includes(fd)) opened.push(fd);
			return fd === opened[0] ? 0 : 1;
		},
	});
	const consoles = new Consoles(native, { list: join(folder, 'list'), devices: folder });
	consoles.write('note\n', false);
	consoles.write('warning\n', true);
	const [typedAt, free] = opened;
	t.deepEqual(lines, [
		[free, 'note\n'],
		[typedAt, '\r\nwarning\n'],
		[free, 'warning\n'],
	]);
});
