// Shows that a shutdown sees processes that hide.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { listProcesses } from '../../init/shutdown/end-processes.ts';

/**
 * Sets the end of its arguments to their beginning by PR_SET_MM_MAP, which needs no capability; the other addresses are those of
 * proc_pid_stat(5), from field 26 on. Then it says so, and stays.
 */
const hide = `open(F, "/proc/self/stat"); my @f = (0, 0, 0, split(/ /, <F> =~ s/.*\\) //r)); $| = 1;
	my @map = (@f[26, 27, 45, 46, 47], syscall(12, 0), @f[28, 48, 48, 50, 51], 0);
	my $map = pack("Q12 L l", (map { $_ + 0 } @map), 0, -1);
	syscall(157, 35, 14, $map, length($map), 0) == 0 or die $!; print "hidden\\n"; <STDIN>`;

test('attack: a process without a command line is seen, and no thread of the kernel is', async (t) => {
	const hidden = spawn('perl', ['-e', hide], { stdio: ['pipe', 'pipe', 'inherit'] });
	t.teardown(() => hidden.kill('SIGKILL'));
	await once(hidden.stdout, 'data');
	t.is(readFileSync(`/proc/${hidden.pid}/cmdline`).length, 0);
	const seen = listProcesses();
	t.like(
		seen.find(({ pid }) => pid === hidden.pid),
		{ name: 'perl' },
	);
	t.false(seen.some(({ name }) => /^(kthreadd|kworker|ksoftirqd)/.test(name)));
});
