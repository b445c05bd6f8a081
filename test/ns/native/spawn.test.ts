import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { SpawnRequest } from '../../../native/native.ts';
import { SyscallError } from '../../../native/syscall-error.ts';
import { openAddon } from '../../helpers/addon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { bits } from '../../unit/native/bits.ts';
import { failureOf } from '../../unit/native/failure-of.ts';
import { onTerminal } from '../../unit/native/on-terminal.ts';
import { fixtureResult, runFixture } from '../../unit/native/run-fixture.ts';
import { shell } from '../../unit/native/shell.ts';

const native = await openAddon();

test('spawn() hands over argv, environment and the exit code', (t) => {
	const script = 'echo "$0|$1|$2|$MARK|$HOME"; exit 7';
	const { lines, exit } = shell(native, script, { args: ['zero', 'one', 'two words'], env: ['MARK=ü=1'] });
	t.deepEqual(lines, ['zero|one|two words|ü=1|']);
	t.like(exit, { exitCode: 7, signal: null });
});

test('spawn() makes three descriptors stdin, stdout and stderr, and no more', (t) => {
	const { lines } = shell(native, 'cat; echo to stderr >&2; ls /proc/self/fd', { input: 'from stdin\n' });
	// 3 is the folder that ls itself has open.
	t.deepEqual(lines, ['from stdin', 'to stderr', '0', '1', '2', '3']);
});

test('spawn() keeps a descriptor without close-on-exec from the child', (t) => {
	const fd = openSync('/dev/null', 'r');
	native.setCloseOnExec(fd, false);
	const { lines } = shell(native, `test -e /proc/self/fd/${fd} && echo leaked || echo closed`);
	closeSync(fd);
	t.deepEqual(lines, ['closed']);
});

test('spawn() sorts out stdio that overlaps with 0, 1 and 2', async (t) => {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-stdio-'));
	t.teardown(() => rmSync(folder, { recursive: true }));
	const end = await runFixture('stdio-rotation.ts', { args: [folder] });
	t.is(end.exitCode, 0);
	t.is(readFileSync(join(folder, 'stdout'), 'utf8'), 'to fd 1\n');
	t.is(readFileSync(join(folder, 'stderr'), 'utf8'), 'to fd 2\n');
});

test('spawn() starts with no signal blocked and none ignored, though Node ignores SIGPIPE', (t) => {
	const { lines } = shell(native, 'grep -E "Sig(Blk|Ign)" /proc/self/status');
	t.deepEqual(lines, ['SigBlk:\t0000000000000000', 'SigIgn:\t0000000000000000']);
});

test('spawn() sets how readily the kernel kills for want of memory, also of a second child', (t) => {
	const own = readFileSync('/proc/self/oom_score_adj', 'utf8').trim();
	const asks = (part: Partial<SpawnRequest>) => shell(native, 'cat /proc/self/oom_score_adj', part).lines;
	t.deepEqual(asks({}), [own]);
	t.deepEqual(asks({ oomScoreAdj: 321 }), ['321']);
	t.deepEqual(asks({ oomScoreAdj: 321, unshare: bits(native, 'CLONE_NEWPID') }), ['321']);
	t.is(readFileSync('/proc/self/oom_score_adj', 'utf8').trim(), own, 'the caller keeps its own');
});

test('spawn() reports a profile of AppArmor that the kernel does not have', (t) => {
	const error = t.throws(() => shell(native, 'true', { apparmor: 'slipway-nowhere' }), {
		instanceOf: SyscallError,
	});
	// A kernel without AppArmor has no such file.
	t.true(['openat2', 'writev'].includes(error.syscall), error.message);
	t.is(error.path, '/proc/self/attr/apparmor/exec');
});

test('spawn() changes the working directory', (t) => {
	t.deepEqual(shell(native, 'pwd -P', { cwd: '/proc' }).lines, ['/proc']);
});

test('spawn() changes the root, and the working directory with it', async (t) => {
	t.deepEqual(await fixtureResult('spawn-chroot.ts', { wrapper: ['unshare', '--mount'] }), {
		byDefault: ['/', 'program'],
		within: ['/below'],
	});
});

test('spawn() sets user, group and supplementary groups, with no capability left', (t) => {
	const script = 'id -u; id -g; id -G; grep CapEff /proc/self/status';
	const { lines } = shell(native, script, { uid: 1234, gid: 2345, groups: [2345, 3456] });
	t.deepEqual(lines, ['1234', '2345', '2345 3456', 'CapEff:\t0000000000000000']);
	// The child shared our memory while it changed its credentials.
	t.is(native.prctl(bits(native, 'PR_GET_DUMPABLE'), 0), 1);
	t.is(process.geteuid?.(), 0);
});

test('spawn() clears the supplementary groups by an empty list', (t) => {
	t.deepEqual(shell(native, 'id -G', { uid: 1, gid: 1, groups: [] }).lines, ['1']);
});

test('spawn() gives the capabilities that it is told, to another user too', (t) => {
	const bit = (name: string): number => 2 ** bits(native, name);
	const chown = bit('CAP_CHOWN');
	const bounding = chown + bit('CAP_CHECKPOINT_RESTORE');
	const capabilities = { bounding, permitted: chown, effective: chown, inheritable: chown, ambient: chown };
	const status = (names: string): string => `sed -nE 's/^(${names}):.0*//p' /proc/self/status`;
	const script = status('CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs');
	t.deepEqual(shell(native, script, { uid: 1234, gid: 1234, capabilities, noNewPrivileges: true }).lines, [
		...['1', '1', '1', '10000000001', '1', '1'],
	]);
	const root = { ...capabilities, inheritable: 0, ambient: 0 };
	t.deepEqual(shell(native, script, { capabilities: root }).lines, [
		// capabilities(7): an exec by root permits what is bounding.
		...['', '10000000001', '10000000001', '10000000001', '', ''],
	]);
});

test('spawn() sets limits', (t) => {
	const limits = [{ resource: bits(native, 'RLIMIT_NOFILE'), soft: 100, hard: 200 }];
	t.deepEqual(shell(native, 'ulimit -Sn; ulimit -Hn', { limits }).lines, ['100', '200']);
});

test('spawn() tries other paths as execvp(3) does', (t) => {
	const script = 'exit 0';
	const otherPaths = ['/etc/passwd/sh', '/etc/passwd', '/bin/sh'];
	t.is(shell(native, script, { path: '/nowhere', otherPaths }).exit?.exitCode, 0);
	const failure = (paths: readonly string[]) =>
		failureOf(() => shell(native, script, { path: '/nowhere', otherPaths: paths }));
	t.is(failure(['/nor/here']), 'execve /nowhere: ENOENT');
	t.is(failure(['/etc/passwd', '/nor/here']), 'execve /nowhere: EACCES');
});

test('spawn() starts a session of its own', (t) => {
	// /proc/PID/stat: pid, comm, state, ppid, pgrp, session
	const session = 'set -- $(cat /proc/$$/stat); test $6 = $$ && echo leader || echo member';
	t.deepEqual(shell(native, session).lines, ['member']);
	t.deepEqual(shell(native, session, { newSession: true }).lines, ['leader']);
});

test('spawn() makes new namespaces by clone', (t) => {
	const kinds = bits(native, 'CLONE_NEWPID', 'CLONE_NEWNS', 'CLONE_NEWUTS', 'CLONE_NEWNET', 'CLONE_NEWIPC');
	const { lines } = shell(native, 'echo $$; hostname inner; hostname', { namespaces: kinds });
	t.deepEqual(lines, ['1', 'inner']);
	t.not(readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(), 'inner');
});

test('spawn() unshares a pid namespace by a second child, whose pid and exit are reported', (t) => {
	const { lines, exit } = shell(native, 'echo $$; exit 5', { unshare: bits(native, 'CLONE_NEWPID') });
	t.deepEqual(lines, ['1']);
	t.like(exit, { exitCode: 5, signal: null });
});

test('spawn() unshares a user namespace, though it shares our memory', (t) => {
	t.deepEqual(shell(native, 'id -u', { unshare: bits(native, 'CLONE_NEWUSER') }).lines, ['65534']);
});

test('spawn() enters the namespaces of another process, the pid namespace included', async (t) => {
	const { same, otherPid, exit, left } = (await fixtureResult('spawn-enter.ts')) as Record<string, unknown>;
	t.deepEqual(same, { pid: true, mnt: true, uts: true, net: true, user: true });
	t.true(typeof otherPid === 'number' && otherPid > 1);
	t.deepEqual(exit, { exitCode: 9, signal: null });
	t.is(left, null);
});

test('spawn() puts the child into a cgroup before it unshares and execs', async (t) => {
	const expected = { plain: '/slipway-test', unshared: '/', members: [] };
	t.deepEqual(await fixtureResult('spawn-cgroup.ts', { wrapper: ['unshare', '--mount'] }), {
		...expected,
		again: expected,
	});
});

test('spawn() with a parent death signal: the child dies with its parent', async (t) => {
	const pid = (await fixtureResult('spawn-orphan.ts')) as number;
	const isGone = (): boolean => {
		try {
			process.kill(pid, 0);
			return false;
		} catch {
			return true;
		}
	};
	t.true(await eventually(isGone, { pauseMs: 50, what: `the end of the child ${pid}` }));
});

test('spawn() gives the new session its controlling terminal', async (t) => {
	t.deepEqual(await onTerminal('spawn-terminal.ts'), { without: '0', with: 'terminal', written: true });
});

const failures: readonly (readonly [Partial<SpawnRequest>, string])[] = [
	[{ path: '/nowhere/program' }, 'execve /nowhere/program: ENOENT'],
	[{ path: '/etc/passwd' }, 'execve /etc/passwd: EACCES'],
	[{ cwd: '/nowhere' }, 'chdir /nowhere: ENOENT'],
	[{ cwd: '/etc/passwd' }, 'chdir /etc/passwd: ENOTDIR'],
	[{ chroot: '/nowhere' }, 'chroot /nowhere: ENOENT'],
	[{ enter: [{ fd: 0, kind: 0 }] }, 'setns: EINVAL'],
	[{ enter: [{ fd: 9999, kind: 0 }] }, 'setns: EBADF'],
	[{ oomScoreAdj: 1001 }, 'pwrite /proc/self/oom_score_adj: EINVAL'],
	[{ cgroupFd: 9999 }, 'clone3: EBADF'],
	[{ stdio: [0, 1, 9999] }, 'dup2: EBADF'],
	[{ newSession: true, controllingTerminal: true }, 'ioctl: ENOTTY'],
	[{ limits: [{ resource: 999, soft: 1, hard: 1 }] }, 'prlimit64: EINVAL'],
	[
		{ capabilities: { bounding: 0, permitted: 0, effective: 1, inheritable: 0, ambient: 0 } },
		'capset: EPERM',
	],
	[{ capabilities: { bounding: 1, permitted: 1, effective: 1, inheritable: 0, ambient: 1 } }, 'prctl: EPERM'],
	[{ parentDeathSignal: 999 }, 'prctl: EINVAL'],
	[{ unshare: 1 }, 'unshare: EINVAL'],
	[{ groups: Array.from({ length: 70_000 }, () => 1) }, 'setgroups: EINVAL'],
	[{ uid: 1, namespaces: 0x10000 }, 'clone: EINVAL'],
];

for (const [part, expected] of failures) {
	test(`spawn() reports the step that failed: ${expected}`, (t) => {
		const fd = openSync('/dev/null', 'r+');
		const request: SpawnRequest = {
			path: '/bin/true',
			args: ['true'],
			env: [],
			stdio: [fd, fd, fd],
			...part,
		};
		t.is(
			failureOf(() => native.spawn(request)),
			expected,
		);
		// The same in the second child.
		if (!expected.startsWith('setns') && !('unshare' in part)) {
			const inner = { ...request, unshare: bits(native, 'CLONE_NEWPID') };
			t.is(
				failureOf(() => native.spawn(inner)),
				expected,
			);
		}
		closeSync(fd);
	});
}

test('spawn() leaves no zombie, no descriptor and no mapping behind when it fails', async (t) => {
	t.deepEqual(await fixtureResult('spawn-leftovers.ts'), { child: null, descriptors: 0, mappings: true });
});
