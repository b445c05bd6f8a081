import { spawnSync } from 'node:child_process';
import {
	closeSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { constants as osConstants, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openAddon } from '../../helpers/addon.ts';
import { bits } from './bits.ts';
import { failureOf } from './failure-of.ts';

const native = await openAddon();
const folder = mkdtempSync(join(tmpdir(), 'slipway-sockets-'));
test.after.always(() => rmSync(folder, { recursive: true }));

/** Sends one datagram by a program of its own, whose pid it returns. */
function sendTo(path: string, text: string): number {
	const script = `use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; my ($path, $text) = @ARGV;
		send(S, $text, 0, pack_sockaddr_un($path)) or die $!`;
	const args = ['-e', script, path, text];
	const { pid, stderr, status } = spawnSync('perl', args, { encoding: 'utf8', timeout: 20_000 });
	if (status !== 0) throw new Error(stderr);
	return pid;
}

test('receiveDatagram() tells the message and its sender', (t) => {
	const path = join(folder, 'told');
	const fd = native.openDatagramSocket(path);
	t.is(native.receiveDatagram(fd, 100), null);
	const pid = sendTo(path, 'READY=1');
	const datagram = native.receiveDatagram(fd, 100);
	t.deepEqual(datagram, {
		bytes: Buffer.from('READY=1'),
		cutShort: false,
		pid,
		uid: process.getuid?.() ?? -1,
		gid: process.getgid?.() ?? -1,
	});
	t.is(native.receiveDatagram(fd, 100), null);
	closeSync(fd);
});

test('receiveDatagram() cuts what is too long, and takes the next one whole', (t) => {
	const path = join(folder, 'long');
	const fd = native.openDatagramSocket(path);
	sendTo(path, 'x'.repeat(50_000));
	sendTo(path, 'next');
	const first = native.receiveDatagram(fd, 10);
	t.deepEqual([first?.bytes.toString(), first?.cutShort], ['x'.repeat(10), true]);
	const second = native.receiveDatagram(fd, 10);
	t.deepEqual([second?.bytes.toString(), second?.cutShort], ['next', false]);
	closeSync(fd);
});

test('openDatagramSocket() is readable for watchReadable() when a message is there', async (t) => {
	const path = join(folder, 'watched');
	const fd = native.openDatagramSocket(path);
	await new Promise<void>((resolve) => {
		const stop = native.watchReadable(fd, () => {
			t.is(native.receiveDatagram(fd, 10)?.bytes.toString(), 'hello');
			stop();
			resolve();
		});
		sendTo(path, 'hello');
	});
	closeSync(fd);
});

test('openDatagramSocket() and receiveDatagram() report failures', (t) => {
	const path = join(folder, 'taken');
	writeFileSync(path, '');
	t.is(
		failureOf(() => native.openDatagramSocket(path)),
		`bind ${path}: EADDRINUSE`,
	);
	const long = `/${'x'.repeat(107)}`;
	t.is(
		failureOf(() => native.openDatagramSocket(long)),
		`bind ${long}: ENAMETOOLONG`,
	);
	t.is(
		failureOf(() => native.receiveDatagram(9999, 1)),
		'recvmsg: EBADF',
	);
});

test('openSocketInNamespace() refuses what is no network namespace', (t) => {
	const fd = openSync('/proc/self/ns/uts', 'r');
	t.is(
		failureOf(() => native.openSocketInNamespace(fd, bits(native, 'AF_INET'))),
		'socket: EINVAL',
	);
	closeSync(fd);
});

const root = join(folder, 'root');
mkdirSync(join(root, 'run'), { recursive: true });
writeFileSync(join(root, 'run/pid'), '');
symlinkSync('/run/pid', join(root, 'absolute'));
symlinkSync('../../../../../../run/pid', join(root, 'run/upwards'));
symlinkSync('/etc/passwd', join(root, 'escape'));
symlinkSync('/proc/self/root/etc/passwd', join(root, 'magic'));
symlinkSync('loop', join(root, 'loop'));

const lookup = test.macro({
	exec(t, path: string, expected: string) {
		const [answer, report] = native.pipe();
		native.lookUpInRoot(openSync(root, 'r'), path, report);
		const bytes = Buffer.alloc(4);
		t.is(readSync(answer, bytes), 4);
		t.is(readSync(answer, bytes), 0, 'its end is closed');
		closeSync(answer);
		const code = Object.entries(osConstants.errno).find(([, errno]) => errno === bytes.readInt32LE())?.[0];
		t.is(code ?? 'there', expected);
	},
	title: (_, path, expected) => `lookUpInRoot() of ${path}: ${expected}`,
});

test(lookup, '/run/pid', 'there');
test(lookup, 'run/pid', 'there');
test(lookup, '/', 'there');
test(lookup, '/absolute', 'there');
test(lookup, '/run/upwards', 'there');
test(lookup, '/../../run/pid', 'there');
test(lookup, '/escape', 'ENOENT');
test(lookup, '/magic', 'ENOENT');
test(lookup, '/loop', 'ELOOP');
test(lookup, '/run/pid/below', 'ENOTDIR');
test(lookup, '/nothing', 'ENOENT');

test("lookUpInRoot() follows none of /proc's own links", (t) => {
	const [answer, report] = native.pipe();
	native.lookUpInRoot(openSync('/', 'r'), '/proc/self/root/etc/passwd', report);
	const bytes = Buffer.alloc(4);
	readSync(answer, bytes);
	closeSync(answer);
	t.is(bytes.readInt32LE(), osConstants.errno.ELOOP);
});
