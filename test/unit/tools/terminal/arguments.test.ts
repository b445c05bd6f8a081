import test from 'ava';
import { UsageError } from '../../../../tools/errors.ts';
import { readArguments } from '../../../../tools/terminal/arguments.ts';
import type { OptionTable } from '../../../../tools/terminal/option-table.ts';

const options = {
	name: { value: 'NAME', help: '' },
	mode: { choices: ['fast', 'best', 'none'], default: 'fast', help: '' },
	tag: { value: 'TAG', isRepeatable: true, help: '' },
	digest: { value: 'NAME', bareValue: '*', isRepeatable: true, help: '' },
	json: { short: 'j', help: '' },
} as const satisfies OptionTable;

const read = (words: string) => readArguments(words === '' ? [] : words.split(' '), options);

const reads = test.macro({
	exec(t, words: string, values: object, positionals: readonly string[]) {
		const nothing = { name: undefined, mode: 'fast', tag: [], digest: [], json: false };
		t.deepEqual(read(words), { values: { ...nothing, ...values }, positionals } as never);
	},
	title: (_, words) => `readArguments() of "${words}"`,
});

test(reads, '', {}, []);
test(reads, 'a --name x b', { name: 'x' }, ['a', 'b']);
test(reads, '--name=x=y', { name: 'x=y' }, []);
test(reads, '--name=', { name: '' }, []);
test(reads, '--name -', { name: '-' }, []);
test(reads, '--name=-1', { name: '-1' }, []);
test(reads, '--name x --name y', { name: 'y' }, []);
test(reads, '--mode best', { mode: 'best' }, []);
test(reads, '--tag a --tag=b', { tag: ['a', 'b'] }, []);
test(reads, '--digest a --digest=b', { digest: ['*', 'b'] }, ['a']);
test(reads, '-j -', { json: true }, ['-']);
test(reads, '--json -- --name -x', { json: true }, ['--name', '-x']);

const refuses = test.macro({
	exec(t, words: string, message: string) {
		t.throws(() => read(words), { instanceOf: UsageError, message });
	},
	title: (_, words) => `readArguments() refuses "${words}"`,
});

test(refuses, '--naem x', 'Unknown option --naem: did you mean --name?');
test(refuses, '--hepl', 'Unknown option --hepl: did you mean --help?');
test(refuses, '--elsewhere', 'Unknown option --elsewhere.');
test(refuses, '--constructor', 'Unknown option --constructor.');
test(refuses, '-jx', 'Unknown option -x.');
test(refuses, 'a --name', 'The option --name needs a value.');
test(
	refuses,
	'--name --json',
	'The option --name needs a value, but --json follows. Write --name=--json if that is the value.',
);
test(refuses, '--json=yes', '--json=yes: the option --json takes no value.');
test(refuses, '--mode slow', '--mode slow: expected fast, best or none.');
