import test from 'ava';
import { SyscallError } from '../../../../../native/syscall-error.ts';
import { hasEnded, inEndedService, killNote } from '../../../../../supervisor/cli/run/run-failure.ts';
import { identifyProcess } from '../../../../../supervisor/process/process-identity.ts';

const outOfMemory = '; killed because it is out of memory (its limit is 2 MiB)';

test('killNote() tells why a program was killed, and nothing of one that has ended', (t) => {
	t.is(killNote(137, outOfMemory, null), 'killed because it is out of memory (its limit is 2 MiB)');
	t.is(killNote(137, '', 'web'), 'killed because the service web has ended, whose processes it shared');
	t.is(killNote(137, '', null), null);
	t.is(killNote(0, outOfMemory, 'web'), null, 'another process of it was killed');
});

test('hasEnded() is of one process, and not of a later one with its number', (t) => {
	const own = identifyProcess(process.pid);
	if (own === null) throw new Error('there is no /proc');
	const service = { ...own, cgroup: null, process: {}, seccomp: false, uidMappings: [] };
	t.false(hasEnded(service));
	t.true(hasEnded({ ...service, startTicks: '1' }));
	t.true(hasEnded({ ...service, pid: 2 ** 22 }));
});

test('inEndedService() replaces the error of clone alone', (t) => {
	const failure = (syscall: string) =>
		new SyscallError({ errno: 12, code: 'ENOMEM', message: 'Cannot allocate memory', syscall });
	const [clone, mount] = [failure('clone'), failure('mount')];
	t.is(inEndedService(clone, null), clone);
	t.is(inEndedService(mount, 'web'), mount);
	t.like(inEndedService(clone, 'web'), {
		message: '--pid web: the service has ended meanwhile. Try again when it runs.',
		cause: clone,
	});
});
