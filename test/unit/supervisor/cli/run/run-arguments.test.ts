import test from 'ava';
import { parseRunArguments } from '../../../../../supervisor/cli/run/run-arguments.ts';
import { capabilityNames } from '../../../../../supervisor/contract/capabilities.ts';

test('parseRunArguments() has defaults with the least rights', (t) => {
	t.deepEqual(parseRunArguments(['a.tar']), {
		name: null,
		image: 'a.tar',
		received: null,
		command: [],
		terminal: null,
		memoryBytes: null,
		cpus: null,
		pids: null,
		net: 'none',
		pid: null,
		binds: [],
		isWritable: false,
		isForgotten: false,
		capabilities: [],
		user: null,
		env: [],
		workdir: null,
	});
});

test('parseRunArguments() leaves stdin to the program when the tarball has been received', (t) => {
	t.like(parseRunArguments(['-t', '--received', '/proc/7/fd/9', '-']), {
		received: '/proc/7/fd/9',
		terminal: true,
	});
	t.is(parseRunArguments(['--received', '/proc/7/fd/9', '-']).terminal, null);
});

test('parseRunArguments() leaves what follows the image to the program', (t) => {
	const words = [
		'--name',
		'box',
		'--memory',
		'64M',
		'--cpus',
		'.5',
		'--pids',
		'100',
		'--net',
		'redis',
		'--pid',
		'redis',
	];
	const more = [
		'-v',
		'/a:/b',
		'-v',
		'/c:/d:ro',
		'--rw',
		'-it',
		'--rm',
		'--cap-add',
		'net_raw',
		'--cap-add',
		'CAP_KILL',
	];
	const request = parseRunArguments([
		...words,
		...more,
		'-e',
		'A=1',
		'-u',
		'web:55',
		'-w',
		'/srv',
		'/root',
		'--',
		'ls',
		'-v',
		'--',
	]);
	t.like(request, {
		...{
			name: 'box',
			memoryBytes: 64 * 2 ** 20,
			cpus: 0.5,
			pids: 100,
			net: 'redis',
			pid: 'redis',
			terminal: true,
		},
		...{ isWritable: true, isForgotten: true, user: 'web:55', workdir: '/srv', image: '/root' },
	});
	t.deepEqual(request.binds, [
		{ source: '/a', destination: '/b', isReadonly: false },
		{ source: '/c', destination: '/d', isReadonly: true },
	]);
	t.deepEqual(request.capabilities, ['CAP_NET_RAW', 'CAP_KILL']);
	t.deepEqual(request.command, ['ls', '-v', '--']);
	t.deepEqual(parseRunArguments(['--cap-add', 'all', '-', 'ls']).capabilities, capabilityNames);
	t.false(parseRunArguments(['-', 'ls']).terminal, 'stdin is the tarball');
});

const sizes: readonly (readonly [string, number])[] = [
	['1048576', 2 ** 20],
	['2048k', 2 ** 21],
	['3MiB', 3 * 2 ** 20],
	['1G', 2 ** 30],
];
for (const [text, bytes] of sizes) {
	test(`parseRunArguments() takes --memory ${text}`, (t) => {
		t.is(parseRunArguments(['--memory', text, 'a']).memoryBytes, bytes);
	});
}

const refused: readonly (readonly [args: readonly string[], RegExp])[] = [
	[[''], /run needs an image/],
	[['--name', '../x', 'a'], /--name \.\.\/x: expected at most 63 letters/],
	[['--memory', '1K', 'a'], /--memory 1K: expected a size of 1M or more/],
	[['--memory', 'much', 'a'], /--memory much: expected/],
	[['--memory', '999999999999G', 'a'], /--memory 999999999999G: expected/],
	[['--cpus', '0', 'a'], /--cpus 0: expected/],
	[['--cpus', '1e3', 'a'], /--cpus 1e3: expected/],
	[['--pids', '0', 'a'], /--pids 0: expected/],
	[['-v', 'a:/b', 'a'], /-v a:\/b: expected PATH:PATH or PATH:PATH:ro/],
	[['-v', '/a:/b:rx', 'a'], /-v \/a:\/b:rx: expected/],
	[['--cap-add', 'root', 'a'], /there is no capability CAP_ROOT/],
	[['-w', 'srv', 'a'], /-w srv: expected a path/],
	[['-t', '-T', 'a'], /-t and -T exclude each other/],
	[['-it', '-', 'sh'], /-t: stdin is the tarball/],
	[['--received', '/proc/7/fd/9', 'a.tar'], /--received is for the image - alone/],
	[['-e', '=x', 'a'], /-e =x: expected NAME=VALUE, or NAME/],
	[['--net'], /The option --net needs a value/],
];
for (const [args, message] of refused) {
	test(`parseRunArguments() refuses ${args.join(' ')}`, (t) => {
		t.throws(() => parseRunArguments(args), { name: 'UsageError', message });
	});
}
