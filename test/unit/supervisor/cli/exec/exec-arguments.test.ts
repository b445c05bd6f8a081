import test from 'ava';
import { UsageError } from '../../../../../supervisor/cli/command.ts';
import { type ExecRequest, parseExecArguments } from '../../../../../supervisor/cli/exec/exec-arguments.ts';

const plain: ExecRequest = {
	name: 'redis',
	command: ['sh', '-c', 'x'],
	terminal: null,
	user: null,
	env: [],
	workdir: null,
};

const takes = test.macro({
	exec: (t, words: string, expected: Partial<ExecRequest>) =>
		t.deepEqual(parseExecArguments(words.split(' ')), { ...plain, ...expected }),
	title: (_, words) => `parseExecArguments() of ${words}`,
});
test(takes, 'redis -- sh -c x', {});
test(takes, 'redis sh -c x', {});
test(takes, '-it redis sh -c x', { terminal: true });
test(takes, '-T redis -- sh -c x', { terminal: false });
test(takes, '-u web:log -e A=1 --env B --workdir /srv redis sh -c x', {
	user: 'web:log',
	env: ['A=1', 'B'],
	workdir: '/srv',
});
test(takes, 'redis -- -t', { command: ['-t'] });
test(takes, 'redis -- a -- b', { command: ['a', '--', 'b'] });

const refuses = test.macro({
	exec: (t, args: readonly string[], message: RegExp) =>
		void t.throws(() => parseExecArguments(args), { instanceOf: UsageError, message }),
	title: (_, args: readonly string[]) => `parseExecArguments() refuses ${args.join(' ')}`,
});
test(refuses, [], /^exec needs the name of a service\.$/);
test(refuses, ['redis'], /^exec redis needs a program to run\.$/);
test(refuses, ['redis', '--'], /^exec redis needs a program to run\.$/);
test(refuses, ['-t', '-T', 'redis', 'sh'], /exclude each other/);
test(refuses, ['-e', '=x', 'redis', 'sh'], /^-e =x: expected NAME=VALUE/);
test(refuses, ['--env=', 'redis', 'sh'], /^-e : expected NAME=VALUE/);
test(refuses, ['--loud', 'redis', 'sh'], /Unknown option --loud\./);
