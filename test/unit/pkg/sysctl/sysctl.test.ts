import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parameterPath, sysctl } from '../../../../pkg/sysctl/sysctl.ts';
import { recordingHost } from '../../../helpers/recording-host.ts';
import { projectFolder } from '../../tools/package/made-up-debian.ts';

test('sysctl() sets what the files say, the last one wins', (t) => {
	const folder = projectFolder(t, {
		'etc/00.conf': 'net.ipv4.ip_forward = 0\nkernel/panic=10\n',
		'etc/99.conf': 'net.ipv4.ip_forward = 1\n-kernel.absent = 1\n',
		'sys/net/ipv4/ip_forward': '',
		'sys/kernel/panic': '',
	});
	const { host, warned } = recordingHost();
	t.is(sysctl([`-configDir=${folder}/etc`, '--sysctlDir', `${folder}/sys`], host), 0);
	const read = (path: string): string => readFileSync(join(folder, 'sys', path), 'utf8');
	t.is(read('net/ipv4/ip_forward'), '1\n');
	t.is(read('kernel/panic'), '10\n');
	t.deepEqual(warned, []);
});

test('sysctl() tells the file and the line of what it passes over, makes no parameter, and exits with 0', (t) => {
	const folder = projectFolder(t, {
		'etc/00.conf': '# A comment.\nkernel.abset = 1\nnonsense\nkernel.folder = 2\nkernel.panic = 3\n',
		'sys/kernel/panic': '',
		'sys/kernel/folder/x': '',
	});
	const { host, warned } = recordingHost();
	t.is(sysctl([`-configDir=${folder}/etc`, `-sysctlDir=${folder}/sys`], host), 0);
	t.deepEqual(
		warned.map((line) => line.replaceAll(folder, '')),
		[
			'/etc/00.conf:3: "nonsense" is not KEY = VALUE.',
			'/etc/00.conf:2: kernel.abset is not set to "1": this system has no /sys/kernel/abset',
			'/etc/00.conf:4: kernel.folder is not set to "2": EISDIR: illegal operation on a directory, open \'/sys/kernel/folder\'',
		],
	);
	t.false(existsSync(join(folder, 'sys/kernel/abset')));
	t.is(readFileSync(join(folder, 'sys/kernel/panic'), 'utf8'), '3\n');
});

test('sysctl() names the parameter that takes no such value', (t) => {
	const folder = projectFolder(t, { '00.conf': 'kernel.randomize_va_space = many\n' });
	const { host, warned } = recordingHost();
	t.is(sysctl([`-configDir=${folder}`], host), 0);
	t.regex(
		warned[0] ?? '',
		/00\.conf:1: kernel\.randomize_va_space is not set to "many": E\w+: .*\/proc\/sys\/kernel\/randomize_va_space/,
	);
});

test('sysctl() fails without its folder, as LinuxKit’s does, and refuses a word', (t) => {
	const { host } = recordingHost();
	t.throws(() => sysctl(['-configDir', '/nowhere'], host), {
		name: 'AppletError',
		message: /\/nowhere can't be read/,
	});
	t.throws(() => sysctl(['-p'], host), {
		message: /^there is no option -p\. Options: -configDir VALUE, -sysctlDir VALUE\.$/,
	});
	t.throws(() => sysctl(['x'], host), { message: '"x" is no option' });
});

const paths = test.macro({
	exec(t, key: string, expected: string) {
		t.is(parameterPath('/p', key), expected);
	},
	title: (_, key) => `parameterPath() ${key}`,
});

test(paths, 'net.ipv4.ip_forward', '/p/net/ipv4/ip_forward');
test(paths, 'net/ipv4/ip_forward', '/p/net/ipv4/ip_forward');
test(paths, 'net.ipv4.conf.eth0/100.forwarding', '/p/net/ipv4/conf/eth0.100/forwarding');
test(paths, 'net/ipv4/conf/eth0.100/forwarding', '/p/net/ipv4/conf/eth0.100/forwarding');
test(paths, 'kernel/../../etc/passwd', '/p/kernel/etc/passwd');
test(paths, '../etc/passwd', '/p/.etc.passwd');

test('parameterPath() takes . and / for the same where only that is there, as LinuxKit’s program does', (t) => {
	const folder = projectFolder(t, { 'net/ipv4/conf/all/x': '' });
	t.is(parameterPath(folder, 'net.ipv4/conf.all.x'), join(folder, 'net/ipv4/conf/all/x'));
});
