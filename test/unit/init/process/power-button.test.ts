import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hasKey, isPressed, PowerButton } from '../../../../init/process/power-button.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

/** As sysfs shows a device that has only KEY_POWER (116). */
const buttonKeys = '10000000000000 0\n';
/** A mouse: BTN_LEFT, BTN_RIGHT, BTN_MIDDLE. */
const mouseKeys = '70000 0 0 0 0\n';

function inputEvent(type: number, code: number, value: number): Buffer {
	const bytes = Buffer.alloc(24);
	bytes.writeUInt16LE(type, 16);
	bytes.writeUInt16LE(code, 18);
	bytes.writeInt32LE(value, 20);
	return bytes;
}

const press = Buffer.concat([inputEvent(1, 116, 1), inputEvent(0, 0, 0)]);

test('hasKey() finds a bit in words of which the highest comes first', (t) => {
	t.true(hasKey(buttonKeys, 116));
	t.false(hasKey(buttonKeys, 115));
	t.false(hasKey(mouseKeys, 116));
	t.true(hasKey(mouseKeys, 0x110));
	t.false(hasKey('', 116));
});

test('isPressed() takes the power key going down, and no other event', (t) => {
	t.true(isPressed(press));
	t.true(isPressed(Buffer.concat([inputEvent(1, 30, 1), press])));
	t.false(isPressed(inputEvent(1, 116, 0)), 'up');
	t.false(isPressed(inputEvent(1, 142, 1)), 'KEY_SLEEP');
	t.false(isPressed(inputEvent(4, 116, 1)), 'no key event');
	t.false(isPressed(press.subarray(0, 20)), 'half an event');
	t.false(isPressed(Buffer.alloc(0)));
});

/** Makes folders as sysfs and /dev have them. */
function inputFolders(t: ExecutionContext) {
	const folder = scratchFolder(t);
	const folders = { devices: join(folder, 'sys'), nodes: join(folder, 'dev') };
	mkdirSync(folders.nodes);
	return {
		folders,
		add(name: string, keys: string): void {
			mkdirSync(join(folders.devices, name, 'device/capabilities'), { recursive: true });
			writeFileSync(join(folders.devices, name, 'device/capabilities/key'), keys);
			writeFileSync(join(folders.nodes, name), '');
		},
	};
}

test('PowerButton opens devices with the key only, those that come later too, and forgets one that is gone', (t) => {
	const { folders, add } = inputFolders(t);
	const readable: (() => void)[] = [];
	const reads: (Buffer | null)[] = [];
	let stopped = 0;
	let presses = 0;
	const { native } = createFakeNative({
		watchReadable: (_fd: number, onReadable: () => void) => {
			readable.push(onReadable);
			return () => void stopped++;
		},
		readAvailable: () => {
			const bytes = reads.shift();
			if (bytes === undefined) throw new Error('ENODEV');
			return bytes;
		},
	});
	const button = new PowerButton({ native, log: fakeLog().log, onPress: () => void presses++ }, folders);
	button.tryOpen();
	t.is(readable.length, 0, 'there is no device');

	add('event0', mouseKeys);
	add('event1', buttonKeys);
	button.tryOpen();
	button.tryOpen();
	t.is(readable.length, 1, 'the button, once');

	reads.push(null, press);
	readable[0]?.();
	t.is(presses, 0);
	readable[0]?.();
	t.is(presses, 1);

	readable[0]?.();
	t.is(stopped, 1, 'the device was removed');
	button.tryOpen();
	t.is(readable.length, 2, 'another has the same name');
});

test('PowerButton opens a button that has the name of a device without the key', (t) => {
	const { folders, add } = inputFolders(t);
	let watched = 0;
	const { native } = createFakeNative({ watchReadable: () => void watched++ });
	const button = new PowerButton({ native, log: fakeLog().log, onPress: () => t.fail() }, folders);
	add('event0', mouseKeys);
	button.tryOpen();
	t.is(watched, 0);
	add('event0', buttonKeys);
	button.tryOpen();
	t.is(watched, 1);
});

test('PowerButton warns of a button that it cannot open', (t) => {
	const { folders, add } = inputFolders(t);
	add('event3', buttonKeys);
	const { native } = createFakeNative({
		watchReadable() {
			throw new Error('EPERM');
		},
	});
	const { log, lines } = fakeLog();
	new PowerButton({ native, log, onPress: () => t.fail() }, folders).tryOpen();
	t.deepEqual(lines, ['warn the power button event3 has no effect: EPERM']);
});
