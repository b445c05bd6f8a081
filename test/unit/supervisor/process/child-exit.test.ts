import test from 'ava';
import type { ChildExit } from '../../../../native/native.ts';
import { describeExit, exitCodeOf, succeeded } from '../../../../supervisor/process/child-exit.ts';

const ends: readonly [exit: ChildExit, words: string, exitCode: number][] = [
	[{ pid: 7, exitCode: 0, signal: null }, 'exited with status 0', 0],
	[{ pid: 7, exitCode: 3, signal: null }, 'exited with status 3', 3],
	[{ pid: 7, exitCode: null, signal: 'SIGKILL' }, 'was killed by SIGKILL', 137],
];
for (const [exit, words, exitCode] of ends) {
	test(`describeExit() and exitCodeOf() of a process that ${words}`, (t) => {
		t.is(describeExit(exit), words);
		t.is(exitCodeOf(exit), exitCode);
		t.is(succeeded(exit), exitCode === 0);
	});
}
