import { closeSync, existsSync, openSync, readlinkSync } from 'node:fs';
import test from 'ava';
import { addonFile, openAddon } from '../../helpers/addon.ts';
import { bits } from '../../unit/native/bits.ts';
import { failureOf } from '../../unit/native/failure-of.ts';
import { fixturePath, fixtureResult } from '../../unit/native/run-fixture.ts';

const native = await openAddon();

test('sethostname(), interfaceUp() and links, in namespaces of their own', async (t) => {
	t.deepEqual(await fixtureResult('machine.ts', { wrapper: ['unshare', '--uts', '--net'] }), {
		hostname: 'slipway-test',
		loopback: [false, true],
		created: ['bridge0', 'inner0', 'lo', 'outer0'],
		addresses: ['192.0.2.5/26', '2001:db8::5/64'],
		isMade: true,
		broadcasts: ['127.255.255.255', '192.0.2.63'],
		// Little-endian words: 192.0.2.2 is the gateway, 192.0.2.0/26 the network.
		routes: ['bridge0 00000000 020200C0 00000000', 'bridge0 000200C0 00000000 C0FFFFFF'],
		routes6: ['bridge0 00 20010db8000000000000000000000001'],
		moved: ['inner0', 'lo'],
		remaining: ['bridge0', 'bridge1', 'lo', 'outer0'],
		failures: [
			'sethostname: EINVAL',
			'ioctl none0: ENODEV',
			'ioctl a-name-that-is-too-long: ENODEV',
			'netlink bridge0 -> other0: EEXIST',
			'netlink a-name-that-is-too-long -> other0: EINVAL',
			'netlink odd0: EOPNOTSUPP',
			'netlink none0: ENODEV',
			'netlink none0: ENODEV',
			'netlink bridge0: ENETUNREACH',
			'netlink bridge0: EINVAL',
			'netlink: EMSGSIZE',
			'netlink none0: ENODEV',
			'netlink outer0: EINVAL',
		],
		descriptors: true,
	});
});

const reboots = test.macro({
	async exec(t, command: string, signal: string) {
		const args = [fixturePath('reboot.ts'), await addonFile(), command, readlinkSync('/proc/self/ns/pid')];
		const pid = native.spawn({
			path: process.execPath,
			args: [process.execPath, '--no-warnings', ...args],
			env: [],
			stdio: [0, 1, 2],
			namespaces: bits(native, 'CLONE_NEWPID'),
		});
		// reboot_namespaces: the kernel tells the parent by the signal that its init "died" of (reboot(2)).
		t.deepEqual(native.waitpid(pid, 0), { pid, exitCode: null, signal });
	},
	title: (_, command, signal) => `reboot(${command}) in a child pid namespace ends its init by ${signal}`,
});

test(reboots, 'RB_AUTOBOOT', 'SIGHUP');
test(reboots, 'RB_POWER_OFF', 'SIGINT');
test(reboots, 'RB_HALT_SYSTEM', 'SIGINT');

test('finitModule() reports a file that is no module', (t) => {
	const fd = openSync('/etc/passwd', 'r');
	// A kernel without modules has no such call.
	const code = existsSync('/proc/modules') ? 'ENOEXEC' : 'ENOSYS';
	t.is(
		failureOf(() => native.finitModule(fd, '', 0)),
		`finit_module: ${code}`,
	);
	closeSync(fd);
});

test('setWatchdogTimeout() reports what is no watchdog', (t) => {
	const fd = openSync('/dev/null', 'w');
	t.is(
		failureOf(() => native.setWatchdogTimeout(fd, 30)),
		'ioctl: ENOTTY',
	);
	closeSync(fd);
});

test('readRtcSeconds() reads a clock, and reports what is none', (t) => {
	const fd = openSync('/dev/null', 'r');
	t.is(
		failureOf(() => native.readRtcSeconds(fd)),
		'ioctl: ENOTTY',
	);
	closeSync(fd);
	if (!existsSync('/dev/rtc0')) return;
	const rtc = openSync('/dev/rtc0', 'r');
	t.true(native.readRtcSeconds(rtc) > 0);
	closeSync(rtc);
});

test('swapon(), swapoff() and addEntropy() report what they refuse', (t) => {
	t.is(
		failureOf(() => native.swapon('/nowhere', 0)),
		'swapon /nowhere: ENOENT',
	);
	t.is(
		failureOf(() => native.swapoff('/nowhere')),
		'swapoff /nowhere: ENOENT',
	);
	const fd = openSync('/dev/null', 'w');
	t.is(
		failureOf(() => native.addEntropy(fd, Buffer.alloc(8), 0)),
		'ioctl: ENOTTY',
	);
	closeSync(fd);
});

test('addEntropy() reads the bytes that it is given, and no more', (t) => {
	const fd = openSync('/dev/random', 'w');
	native.addEntropy(fd, Buffer.from('not random at all'), 0);
	native.addEntropy(fd, Buffer.alloc(0), 0);
	// The kernel's own check: no negative number of bits.
	t.is(
		failureOf(() => native.addEntropy(fd, Buffer.alloc(8), -1)),
		'ioctl: EINVAL',
	);
	closeSync(fd);
});

test('sync() returns', (t) => {
	t.is(native.sync(), undefined);
});

test('without privilege each call says EPERM, and which call it was', async (t) => {
	const result = await fixtureResult('without-privilege.ts', {
		wrapper: ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
	});
	t.deepEqual(result, [
		'clock_settime: EPERM',
		'sethostname: EPERM',
		'reboot: EPERM',
		'mount none -> /tmp: EPERM',
		'mknod /tmp/refused: EPERM',
		'kill: EPERM',
		'setresuid: EPERM',
		'setresgid: EPERM',
		'setgroups: EPERM',
		'chroot /: EPERM',
		'clone: EPERM',
		'unshare: EPERM',
	]);
});
