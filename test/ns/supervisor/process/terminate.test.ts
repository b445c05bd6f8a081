import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import test from 'ava';
import { identifyProcess } from '../../../../supervisor/process/process-identity.ts';
import { terminate } from '../../../../supervisor/process/terminate.ts';
import { openAddon } from '../../../helpers/addon.ts';

const native = await openAddon();

/** Perl for the first process of a pid namespace, which blocks SIGTERM and counts how often it gets it. */
const start = `use POSIX; $| = 1; my $count = 0;
	my $term = POSIX::SigSet->new(SIGTERM); sigprocmask(SIG_BLOCK, $term); print "blocked\n";`;
const end = 'select(undef, undef, undef, 0.3); print "got $count\n";';

/** As a shell does while it forks: unblocks the signal when it is sent SIGUSR1, and has its handler only later. */
const shell = `$SIG{USR1} = sub {}; ${start} sigsuspend(POSIX::SigSet->new(SIGTERM));
	sigprocmask(SIG_UNBLOCK, $term); select(undef, undef, undef, 0.3);
	$SIG{TERM} = sub { $count += 1 }; sleep 1 until $count; ${end}`;

/** As a program with signalfd(2) does: keeps the signal blocked, and takes it later. */
const daemon = `${start} select(undef, undef, undef, 0.5);
	$SIG{TERM} = sub { $count += 1 }; sigsuspend(POSIX::SigSet->new()); ${end}`;

async function startFirst(script: string) {
	const outer = spawn('unshare', ['--pid', '--fork', '--kill-child', 'perl', '-e', script], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const ended = once(outer, 'exit');
	const lines = createInterface({ input: outer.stdout })[Symbol.asyncIterator]();
	const line = async () => (await lines.next()).value as string;
	await line();
	const process = identifyProcess(
		Number(readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8')),
	);
	if (process === null) throw new Error('it does not run');
	return { process, line, ended, kill: () => outer.kill('SIGKILL') };
}

test('terminate() does not send the signal into a short block, in which it would be lost', async (t) => {
	const program = await startFirst(shell);
	t.teardown(program.kill);
	const { pid } = program.process;
	let polls = 0;
	await terminate(native, program.process, () => {
		polls += 1;
		// Between the first look and the second one.
		if (polls === 2) {
			process.kill(pid, 'SIGUSR1');
			while (/^SigBlk:\s*0*4000$/m.test(readFileSync(`/proc/${pid}/status`, 'latin1')));
		}
		return true;
	});
	t.is(await program.line(), 'got 1');
	await program.ended;
});

test('terminate() sends the signal once to a program that keeps it blocked until it takes it', async (t) => {
	const program = await startFirst(daemon);
	t.teardown(program.kill);
	await terminate(native, program.process, () => true);
	t.is(await program.line(), 'got 1');
	await program.ended;
});
