import { execFileSync } from 'node:child_process';
import test from 'ava';
import { shellWord } from '../../../../tools/terminal/shell-word.ts';

test('shellWord() gives each word to the program as it is', (t) => {
	const words = ['plain', '', "it's", 'a b', '$(reboot)', '`x`', '\\', '\n', '*', '-n', 'ü', '~', '#'];
	const line = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
	t.deepEqual(execFileSync('sh', ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1), words);
});
