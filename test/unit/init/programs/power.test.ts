import test from 'ava';
import { chooseHostname } from '../../../../init/boot/stages/hostname.ts';
import { resumePauseMs } from '../../../../init/process/crash-guard.ts';
import { actionOfSignal, rebootCommand, signalOfAction } from '../../../../init/process/power-action.ts';
import { parseHostCommand } from '../../../../init/reporting/host-command.ts';
import { mountsToMove } from '../../../../init/root/switch-root.ts';
import { planUnmounts } from '../../../../init/shutdown/unmount-plan.ts';
import { constant } from '../../../../native/linux/constant.ts';
import { parseKernelCommandLine } from '../../../../supervisor/contract/kernel-command-line.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';

test('actionOfSignal is busybox’s table', (t) => {
	t.deepEqual(Object.fromEntries(actionOfSignal), {
		SIGTERM: 'reboot',
		SIGINT: 'reboot',
		SIGUSR1: 'halt',
		SIGUSR2: 'poweroff',
		SIGPWR: 'poweroff',
	});
	for (const action of ['poweroff', 'reboot', 'halt'] as const) {
		t.is(actionOfSignal.get(signalOfAction[action]), action);
	}
});

test('rebootCommand() names the kernel’s command', (t) => {
	const { native } = createFakeNative();
	t.is(rebootCommand('poweroff', native), constant(native, 'RB_POWER_OFF'));
	t.is(rebootCommand('reboot', native), constant(native, 'RB_AUTOBOOT'));
	t.is(rebootCommand('halt', native), constant(native, 'RB_HALT_SYSTEM'));
});

const pauses = test.macro({
	exec(t, crashes: number, everySeconds: number, expected: number) {
		const times = Array.from({ length: crashes }, (_, index) => 1000 - index * everySeconds).reverse();
		t.is(resumePauseMs(times, 1000), expected);
	},
	title: (_, crashes, every, expected) =>
		`resumePauseMs() ${crashes} crashes, one in ${every} s: ${expected} ms`,
});
test(pauses, 1, 1, 0);
test(pauses, 10, 1, 0);
test(pauses, 11, 1, 1000);
test(pauses, 13, 1, 4000);
test(pauses, 32, 1, 30_000);
test(pauses, 32, 7, 0);

const commandLines = test.macro({
	exec(t, text: string, expected: Partial<ReturnType<typeof parseKernelCommandLine>>) {
		const none = {
			rootMode: null,
			rootWritable: false,
			eventPort: null,
			watchdogSeconds: null,
			faults: false,
			runtime: 'runc',
			problems: [],
		} as const;
		t.deepEqual(parseKernelCommandLine(text), { ...none, ...expected } as ReturnType<
			typeof parseKernelCommandLine
		>);
	},
	title: (_, text) => `parseKernelCommandLine() ${text}`,
});
test(commandLines, 'console=ttyS0 quiet\n', {});
test(commandLines, 'slipway.root=bind', { rootMode: 'bind' });
test(commandLines, 'slipway.root=copy', { rootMode: 'copy' });
test(commandLines, 'slipway.root=bind,rw', { rootMode: 'bind', rootWritable: true });
test(commandLines, 'slipway.root=rw slipway.faults=1', { rootWritable: true, faults: true });
test(commandLines, 'slipway.watchdog=30s', { watchdogSeconds: 30 });
test(commandLines, 'slipway.watchdog=30', { watchdogSeconds: 30 });
test(commandLines, 'slipway.runtime=builtin', { runtime: 'builtin' });
test(commandLines, 'slipway.events=ttyS1', { eventPort: 'ttyS1' });
test(commandLines, 'slipway.events=/dev/virtio-ports/x.1', { eventPort: 'virtio-ports/x.1' });

test(commandLines, 'slipway.verity=off slipway.faults=0 slipway.runtime=runc slipway.root=copy,rw', {
	rootMode: 'copy',
	rootWritable: true,
});
test(commandLines, 'note="slipway.root=here" other.slipway.root=x slipway=1', {});

const misunderstood = test.macro({
	exec(t, word: string, why: RegExp) {
		const { problems, ...rest } = parseKernelCommandLine(`console=ttyS0 ${word} quiet`);
		const { problems: none, ...without } = parseKernelCommandLine('console=ttyS0 quiet');
		t.deepEqual([problems.length, none], [1, []]);
		t.true(problems[0]?.startsWith(`${word} on the kernel's command line is not understood: `), problems[0]);
		t.regex(problems[0] ?? '', why);
		t.deepEqual(rest, without, 'it has no effect');
	},
	title: (_, word) => `parseKernelCommandLine() says that it does not understand ${word}`,
});
const all = /: the options are slipway\.root=, slipway\.events=, .*slipway\.verity=$/;
test(misunderstood, 'slipway.root=cpoy', /: cpoy is none of bind, copy, rw$/);
test(misunderstood, 'slipway.root=', /: "" is none of bind/);
test(misunderstood, 'slipway.root', /: "" is none of bind/);
test(misunderstood, 'slipway.rot=copy', all);
test(misunderstood, 'slipway.Root=copy', all);
test(misunderstood, 'slipway.toString=1', all);
test(misunderstood, 'slipway.', all);
test(misunderstood, 'slipway.runtime=crun', /: it takes runc or builtin$/);
test(misunderstood, 'slipway.watchdog=0', /: it takes seconds, from 1 to 3600/);
test(misunderstood, 'slipway.watchdog=soon', /: it takes seconds/);
test(misunderstood, 'slipway.events=../etc/shadow', /: it takes the name of a device in \/dev$/);
test(misunderstood, 'slipway.faults=yes', /: it takes 1$/);

test('parseKernelCommandLine() takes what it understands of slipway.root= beside an unknown word', (t) => {
	const { problems, ...rest } = parseKernelCommandLine('slipway.root=copy,wr');
	t.like(rest, { rootMode: 'copy', rootWritable: false });
	t.regex(problems.join(), /: wr is none of bind, copy, rw$/);
});

test('parseKernelCommandLine() takes the event port of an OEM string when the line names none', (t) => {
	const oem = ['other', 'slipway.events=ttyS1', 'slipway.faults=1'];
	t.like(parseKernelCommandLine('console=ttyS0', oem), { eventPort: 'ttyS1', faults: false });
	t.is(parseKernelCommandLine('slipway.events=ttyS2', oem).eventPort, 'ttyS2');
	t.is(parseKernelCommandLine('', ['slipway.events=../etc/shadow']).eventPort, null);
});

const hostLines = test.macro({
	exec(t, line: string, expected: ReturnType<typeof parseHostCommand>) {
		t.deepEqual(parseHostCommand(line), expected);
	},
	title: (_, line) => `parseHostCommand() ${line}`,
});
test(hostLines, '{"command":"poweroff"}', { command: 'poweroff' });
test(hostLines, '{"command":"reboot","more":1}', { command: 'reboot' });
test(hostLines, '{"command":"fault","kind":"hang"}', { command: 'fault', kind: 'hang' });
test(hostLines, '{"command":"fault","kind":"segv"}', { command: 'fault', kind: 'segv' });
test(hostLines, '{"command":"fault","kind":"fire"}', null);
test(hostLines, '{"command":"halt"}', null);
test(hostLines, '{"command":"resize","rows":24,"columns":80}', { command: 'resize', rows: 24, columns: 80 });
test(hostLines, '{"command":"resize","rows":24}', null);
test(hostLines, '{"command":"resize","rows":65536,"columns":80}', null);
test(hostLines, '{"command":"resize","rows":"24","columns":80.5}', null);
test(hostLines, 'null', null);
test(hostLines, '{', null);

const hostnames = test.macro({
	exec(t, file: string | null, kernel: string, networkAddress: string | null, expected: string) {
		t.is(chooseHostname({ file, kernel, networkAddress }), expected);
	},
	title: (_, file, kernel, address) => `chooseHostname() ${JSON.stringify([file, kernel, address])}`,
});
test(hostnames, 'harbour\n', '(none)', null, 'harbour');
test(hostnames, '\n', '(none)', null, 'slipway');
test(hostnames, null, 'from-cmdline', '52:54:00:12:34:56\n', 'from-cmdline');
test(hostnames, null, '(none)', '52:54:00:12:34:56\n', 'slipway-525400123456');

const entry = (id: number, parentId: number, mountPoint: string, type = 'tmpfs') => ({
	id,
	parentId,
	mountPoint,
	type,
	root: '/',
	source: type,
	deviceNumbers: '0:30',
	isShared: false,
});

test('planUnmounts() lists children before parents and leaves out what PID 1 needs', (t) => {
	const plan = planUnmounts([
		entry(1, 0, '/'),
		entry(2, 1, '/proc', 'proc'),
		entry(3, 1, '/run'),
		entry(4, 1, '/lib/slipway'),
		entry(5, 1, '/init'),
		entry(6, 1, '/var', 'ext4'),
		entry(7, 6, '/var/lib/data', 'xfs'),
		entry(8, 1, '/sys', 'sysfs'),
		entry(9, 8, '/sys/fs/cgroup', 'cgroup2'),
		entry(10, 3, '/run/net', 'nsfs'),
		entry(11, 1, '/mnt/share', 'nfs4'),
		entry(12, 6, '/var/lib/data', 'tmpfs'),
	]);
	t.deepEqual(
		plan.map(({ path, how }) => `${how} ${path}`),
		['quiet /var/lib/data', 'detach /mnt/share', 'quiet /run/net', 'plain /var/lib/data', 'plain /var'],
	);
});

test('planUnmounts() lists children first also when they were mounted before their parent', (t) => {
	const plan = planUnmounts([
		entry(1, 0, '/'),
		entry(5, 9, '/new/data', 'ext4'),
		entry(6, 5, '/new/data/below', 'xfs'),
		entry(7, 1, '/layers', 'ext4'),
		entry(9, 1, '/new', 'ext4'),
		entry(10, 1, '/overlay', 'overlay'),
	]);
	t.deepEqual(
		plan.map(({ path }) => path),
		['/overlay', '/new/data/below', '/new/data', '/new', '/layers'],
	);
});

test('mountsToMove() lists the mounts directly on the root, /proc last', (t) => {
	const entries = [
		entry(1, 0, '/'),
		entry(2, 1, '/proc'),
		entry(3, 1, '/dev'),
		entry(4, 3, '/dev/pts'),
		entry(5, 1, '/new'),
		entry(6, 5, '/new/lib/slipway'),
	];
	t.deepEqual(mountsToMove(entries, '/new'), ['/dev', '/proc']);
	// The new root may lie on a mount of its own.
	t.deepEqual(mountsToMove(entries, '/new/root'), ['/dev', '/proc']);
});
