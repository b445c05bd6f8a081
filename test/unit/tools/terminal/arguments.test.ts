import test from 'ava';
import { UsageError } from '../../../../tools/errors.ts';
import { readArguments } from '../../../../tools/terminal/arguments.ts';
import type { OptionTable } from '../../../../tools/terminal/option-table.ts';

const options = {
	name: { value: 'NAME', aliases: ['nom'], help: '' },
	mode: { choices: ['fast', 'best', 'none'], default: 'fast', help: '' },
	tag: { value: 'TAG', isRepeatable: true, help: '' },
	digest: { value: 'NAME', bareValue: '*', isRepeatable: true, help: '' },
	port: { value: 'PORT', bareValue: '69', meantAsValue: /^\d+$/, help: '' },
	json: { short: 'j', help: '' },
	out: { short: 'o', value: 'FILE', help: '' },
	time: { short: 't', help: '' },
} as const satisfies OptionTable;

const read = (words: string) => readArguments(words === '' ? [] : words.split(' '), options);

const reads = test.macro({
	exec(t, words: string, values: object, positionals: readonly string[]) {
		const nothing = {
			name: undefined,
			mode: 'fast',
			tag: [],
			digest: [],
			port: undefined,
			json: false,
			out: undefined,
			time: false,
		};
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
test(reads, '--port a 1', { port: '69' }, ['a', '1']);
test(reads, '--port=1 2', { port: '1' }, ['2']);
test(reads, '-j -', { json: true }, ['-']);
test(reads, '--json -- --name -x', { json: true }, ['--name', '-x']);

test(reads, '-name x', { name: 'x' }, []);
test(reads, '-name=x a', { name: 'x' }, ['a']);
test(reads, '--nom x', { name: 'x' }, []);
test(reads, '-nom=x', { name: 'x' }, []);
test(reads, '-jt', { json: true, time: true }, []);
test(reads, '-ofile', { out: 'file' }, []);
test(reads, '-jo file', { json: true, out: 'file' }, []);
test(reads, '-o=file', { out: 'file' }, []);
test(reads, 'a - b', {}, ['a', '-', 'b']);
test(reads, '-- --', {}, ['--']);

const refuses = test.macro({
	exec(t, words: string, message: string) {
		t.throws(() => read(words), { instanceOf: UsageError, message });
	},
	title: (_, words) => `readArguments() refuses "${words}"`,
});

test(refuses, '--port 1 a', '--port 1: --port takes its value after "=". Write --port=1');
test(refuses, '--naem x', 'Unknown option --naem: did you mean --name?');
test(refuses, '--hepl', 'Unknown option --hepl: did you mean --help?');
test(refuses, '--elsewhere', 'Unknown option --elsewhere.');
test(refuses, '--constructor', 'Unknown option --constructor.');
test(refuses, '-jx', 'Unknown option -x.');
test(refuses, '-naem x', 'Unknown option -naem: did you mean --name?');
test(refuses, '-x', 'Unknown option -x.');
test(refuses, '-j=yes', '-j=yes: the option -j takes no value.');
test(refuses, '--__proto__', 'Unknown option --__proto__.');
test(refuses, 'a --name', 'The option --name needs a value.');
test(
	refuses,
	'--name --json',
	'The option --name needs a value, but --json follows. Write --name=--json if that is the value.',
);
test(refuses, '--json=yes', '--json=yes: the option --json takes no value.');
test(refuses, '--mode slow', '--mode slow: expected fast, best or none.');

const foreign = {
	size: { takesValue: true, answer: (value: string) => (value === '1' ? null : `not ${value}.`) },
	docker: { takesValue: false, answer: () => 'not here.' },
};

test('readArguments() takes an option of another tool whose value asks for what is done anyway', (t) => {
	const { values, positionals } = readArguments(['-size', '1', 'a'], options, foreign);
	t.is(values.name, undefined);
	t.deepEqual(positionals, ['a']);
});

test('readArguments() answers an option of another tool with its sentence', (t) => {
	const answer = (words: readonly string[]) =>
		t.throws(() => readArguments(words, options, foreign), { instanceOf: UsageError }).message;
	t.is(answer(['--size=2']), '--size: not 2.');
	t.is(answer(['-docker', 'a']), '-docker: not here.');
	t.is(answer(['--size']), 'The option --size needs a value.');
});

test('readArguments() keeps all of two hundred thousand words', (t) => {
	const words = Array.from({ length: 100_000 }, (_, index) => `--tag=${index}`);
	const { values, positionals } = readArguments([...words, ...words.map((word) => word.slice(2))], options);
	t.is(values.tag.length, 100_000);
	t.is(positionals.length, 100_000);
});
