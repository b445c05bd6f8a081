import test from 'ava';
import { runFixture } from './run-fixture.ts';

interface Case {
	readonly kind: string;
	readonly signals: readonly number[];
	readonly nodeArguments?: readonly string[];
	readonly crashes?: number;
}

const survives = test.macro({
	async exec(t, { kind, signals, nodeArguments = [], crashes = 1 }: Case) {
		const end = await runFixture('crash.ts', { args: [kind], nodeArguments, env: { KEPT: 'yes' } });
		const lives = end.stdout
			.trim()
			.split('\n')
			.map((line): Record<string, unknown> => JSON.parse(line));
		t.is(lives.length, crashes + 1, end.stderr);
		t.is(end.exitCode, 0);
		for (const life of lives) t.is(life['pid'], end.pid);
		const last = lives.at(-1) ?? {};
		t.true(signals.includes(Number(last['signal'])), `signal ${String(last['signal'])}`);
		t.like(last, {
			resumed: crashes,
			blocked: '0000000000000000',
			leaked: false,
			kept: true,
			environment: 'yes',
		});
	},
	title: (name) => `installCrashGuard() survives ${name ?? ''}, with the same pid`,
});

const SIGILL = 4;
const SIGTRAP = 5;
const SIGABRT = 6;
const SIGBUS = 7;
const SIGSEGV = 11;

test('a write through a null pointer', survives, { kind: 'null', signals: [SIGSEGV] });
test('process.abort()', survives, { kind: 'abort', signals: [SIGABRT] });
test('a signal that it sends itself', survives, { kind: 'outside', signals: [SIGBUS] });
test('attack: other processes send it deadly signals, which it ignores', survives, {
	kind: 'others',
	signals: [SIGABRT],
});
test('a crash in a worker thread', survives, { kind: 'worker', signals: [SIGSEGV] });
test('three crashes in a row', survives, { kind: 'thrice', signals: [SIGSEGV], crashes: 3 });
test('a full JavaScript heap', survives, {
	kind: 'heap',
	signals: [SIGILL, SIGTRAP, SIGABRT],
	nodeArguments: ['--max-old-space-size=24'],
});
test('an overflow of the main stack', survives, {
	kind: 'stack',
	signals: [SIGSEGV],
	nodeArguments: ['--stack-size=200000'],
});

test('installCrashGuard() lets the process die by its signal when nothing can be executed', async (t) => {
	const end = await runFixture('crash-without-successor.ts');
	t.is(end.signal, 'SIGSEGV');
});

test('endOnCrash() makes the process say why and die by its signal, and execute nothing', async (t) => {
	const end = await runFixture('crash-at-the-end.ts');
	t.is(end.stdout, 'its file is gone\n');
	t.is(end.signal, 'SIGSEGV');
});
