import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import test from 'ava';
import { openAddon } from '../../helpers/addon.ts';
import { linuxConstants } from '../../helpers/fake-native.ts';
import { bits } from './bits.ts';
import { failureOf } from './failure-of.ts';
import { fixtureResult, runFixture } from './run-fixture.ts';
import { shell } from './shell.ts';

const native = await openAddon();

test('constants agree with Node’s and with those of the fake native', (t) => {
	const names = Object.keys(constants.signals).filter((name) => name in native.constants);
	t.true(names.length > 25);
	for (const name of names) t.is(native.constants[name], Reflect.get(constants.signals, name), name);
	for (const [name, value] of Object.entries(linuxConstants)) {
		if (name in native.constants) t.is(native.constants[name], value, name);
		else t.true(name in constants.signals, name);
	}
	t.true(Object.isFrozen(native.constants));
});

test('waitpid() tells an exit code', (t) => {
	t.like(shell(native, 'exit 42').exit, { exitCode: 42, signal: null });
});

const killed = test.macro({
	exec(t, signal: string) {
		const { exit, pid } = shell(native, `ulimit -c 0; kill -${bits(native, signal)} $$`);
		t.deepEqual(exit, { pid, exitCode: null, signal });
	},
	title: (_, signal) => `waitpid() tells the name of ${signal}`,
});
test(killed, 'SIGKILL');
test(killed, 'SIGTERM');
test(killed, 'SIGABRT');
test(killed, 'SIGSTKFLT');

test('waitpid() names a real-time signal by its distance', (t) => {
	t.is(shell(native, 'kill -37 $$').exit?.signal, 'SIGRTMIN+3');
});

test('waitpid() is null under WNOHANG while the child runs, and without a child', (t) => {
	const pid = native.spawn({ path: '/bin/sleep', args: ['sleep', '1000'], env: [], stdio: [0, 1, 2] });
	t.is(native.waitpid(pid, bits(native, 'WNOHANG')), null);
	native.kill(pid, bits(native, 'SIGKILL'));
	t.is(native.waitpid(pid, 0)?.signal, 'SIGKILL');
	t.is(native.waitpid(pid, 0), null);
});

test('waitpid() reports options that the kernel does not know', (t) => {
	t.is(
		failureOf(() => native.waitpid(-1, 0x0fff0000)),
		'waitpid: EINVAL',
	);
});

test('kill() reports a process that is not there', (t) => {
	t.is(
		failureOf(() => native.kill(2 ** 22 + 1, 0)),
		'kill: ESRCH',
	);
	t.is(
		failureOf(() => native.kill(process.pid, 999)),
		'kill: EINVAL',
	);
});

test('setns() reports a descriptor that is no namespace', (t) => {
	t.is(
		failureOf(() => native.setns(9999, 0)),
		'setns: EBADF',
	);
	t.is(
		failureOf(() => native.setns(0, 0)),
		'setns: EINVAL',
	);
});

test('prctl() returns what the kernel says', (t) => {
	t.is(native.prctl(bits(native, 'PR_GET_DUMPABLE'), 0), 1);
	t.is(
		failureOf(() => native.prctl(9999, 0)),
		'prctl: EINVAL',
	);
});

test('setProcessName() names the thread, cut to 15 bytes', (t) => {
	native.setProcessName('slipway-test-of-names');
	t.is(readFileSync('/proc/thread-self/comm', 'utf8'), 'slipway-test-of\n');
});

test('getrlimit() and setrlimit() report a resource that is not there', (t) => {
	t.is(
		failureOf(() => native.getrlimit(999)),
		'getrlimit: EINVAL',
	);
	t.is(
		failureOf(() => native.setrlimit(bits(native, 'RLIMIT_CORE'), 2, 1)),
		'setrlimit: EINVAL',
	);
});

test('setrlimit(), setsid() and the subreaper of a whole process', async (t) => {
	t.deepEqual(await fixtureResult('process-wide.ts'), {
		infinite: true,
		lowered: { soft: 4096, hard: 8192 },
		inherited: ['4096', '8192'],
		orphan: [true, 4],
		secondSession: 'setsid: EPERM',
	});
});

test('execve() replaces the process, and keeps its pid and its stdout', async (t) => {
	const { pid, stdout } = await runFixture('replace.ts');
	t.deepEqual(JSON.parse(stdout), { failures: 'execve /nowhere: ENOENT, EACCES', pid, mark: 'here' });
});

test('unmapProgram() takes the program out of the resident set, and it goes on', (t) => {
	const residentKilobytes = (): number =>
		Number(/^RssFile:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
	const before = residentKilobytes();
	native.mallocTrim();
	native.unmapProgram();
	const after = residentKilobytes();
	t.true(after < before / 2, `${after} kB of ${before}`);
	t.deepEqual([3, 1, 2].toSorted(), [1, 2, 3]);
});
