import {
	closeSync,
	constants,
	mkdirSync,
	mkdtempSync,
	openSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openAddon } from '../../helpers/addon.ts';
import { failureOf } from './failure-of.ts';
import { shell } from './shell.ts';

const native = await openAddon();

function openTerminal(): { readonly master: number; readonly slave: number } {
	const master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
	return { master, slave: native.openTerminalPeer(master) };
}

test('openTerminalPeer() opens the other end, and windowSize() is one at both', (t) => {
	const { master, slave } = openTerminal();
	native.setWindowSize(master, 33, 77);
	t.deepEqual(native.windowSize(slave), [33, 77]);
	t.deepEqual(shell(native, 'stty size', { stdin: slave }).lines, ['33 77']);
	closeSync(slave);
	closeSync(master);
});

test('setTerminalSettings() undoes makeRaw()', (t) => {
	const { master, slave } = openTerminal();
	const before = native.terminalSettings(slave);
	t.is(native.isCanonical(slave), 1);
	native.makeRaw(slave);
	t.is(native.isCanonical(slave), 0);
	const settings = () => shell(native, 'stty -a', { stdin: slave }).lines.join(' ');
	t.regex(settings(), / -opost .* -icanon/);
	native.setTerminalSettings(slave, before);
	t.notRegex(settings(), /-icanon|-opost/);
	t.deepEqual(native.terminalSettings(slave), before);
	closeSync(slave);
	closeSync(master);
});

test('what is no terminal is told as such', (t) => {
	const fd = openSync('/dev/null', 'r+');
	t.is(
		failureOf(() => native.terminalSettings(fd)),
		'tcgetattr: ENOTTY',
	);
	t.is(
		failureOf(() => native.setTerminalSettings(fd, Buffer.alloc(3))),
		'tcsetattr: EINVAL',
	);
	t.is(
		failureOf(() => native.windowSize(fd)),
		'ioctl: ENOTTY',
	);
	t.is(
		failureOf(() => native.setWindowSize(fd, 1, 1)),
		'ioctl: ENOTTY',
	);
	t.is(
		failureOf(() => native.openTerminalPeer(fd)),
		'ioctl: ENOTTY',
	);
	closeSync(fd);
});

test('openInRoot() stays below the root (links that would escape)', (t) => {
	const root = mkdtempSync(join(tmpdir(), 'slipway-root-'));
	t.teardown(() => rmSync(root, { recursive: true }));
	mkdirSync(join(root, 'etc'));
	writeFileSync(join(root, 'etc/mark'), '');
	symlinkSync('/etc/mark', join(root, 'absolute'));
	symlinkSync('../../../../etc/hostname', join(root, 'etc/upwards'));
	symlinkSync('/proc/self/root', join(root, 'etc/magic'));
	const rootFd = openSync(root, 'r');
	for (const path of ['etc/mark', '/etc/mark', 'absolute']) {
		closeSync(native.openInRoot(rootFd, path, constants.O_RDONLY));
	}
	for (const path of ['etc/upwards', '/etc/hostname', 'etc/magic/etc']) {
		t.is(
			failureOf(() => native.openInRoot(rootFd, path, constants.O_RDONLY)),
			`openat2 ${path}: ENOENT`,
		);
	}
	closeSync(rootFd);
});
