import { closeSync, readFileSync } from 'node:fs';
import test from 'ava';
import { addonFile, openAddon } from '../../helpers/addon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { bits } from '../../unit/native/bits.ts';
import { fixturePath } from '../../unit/native/run-fixture.ts';

const native = await openAddon();

test('waitForEnd() replaces the process by one of a few pages, which a signal ends well also as PID 1', async (t) => {
	const file = await addonFile();
	for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) {
		const pid = native.spawn({
			path: process.execPath,
			args: [process.execPath, '--no-warnings', fixturePath('wait-for-end.ts'), file],
			env: [],
			stdio: [0, 1, 2],
			namespaces: bits(native, 'CLONE_NEWPID'),
		});
		await eventually(() => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'waiter\n', { pauseMs: 10 });
		t.is(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '/sbin/waiter\0');
		const [, anonymous] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
		t.true(Number(anonymous) < 64, anonymous);
		native.kill(pid, bits(native, signal));
		t.deepEqual(native.waitpid(pid, 0), { pid, exitCode: 0, signal: null });
	}
});

test('seccompFilter() reads back the filter that spawn() has set, and the process goes on', (t) => {
	// linux/filter.h: BPF_RET | BPF_K with SECCOMP_RET_ALLOW.
	const allowAll = Buffer.from('06000000' + '0000ff7f', 'hex');
	const [reader, writer] = native.pipe();
	const start = (seccomp?: Uint8Array): number =>
		native.spawn({
			path: '/bin/sh',
			args: ['sh', '-c', 'read line; exit 3'],
			env: [],
			stdio: [reader, 1, 2],
			...(seccomp === undefined ? {} : { seccomp }),
		});
	const [filtered, free] = [start(allowAll), start()];
	t.deepEqual(native.seccompFilter(filtered), allowAll);
	t.is(native.seccompFilter(free), null);
	closeSync(writer);
	t.like(native.waitpid(filtered, 0), { exitCode: 3 });
	t.like(native.waitpid(free, 0), { exitCode: 3 });
	closeSync(reader);
	t.throws(() => native.seccompFilter(filtered), { code: 'ESRCH' });
});
