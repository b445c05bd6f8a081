// The fuzzer against targets with a planted fault of each kind.

import test from 'ava';
import { Fuzzer } from '../../../fuzz/engine/fuzzer.ts';
import { findGrowth } from '../../../fuzz/engine/growth.ts';
import { type Finding, type FindingKind, judge, watchRejections } from '../../../fuzz/engine/judge.ts';
import { randomFrom } from '../../../fuzz/engine/random.ts';
import type { FuzzTarget } from '../../../fuzz/engine/target.ts';

// ava ends the file at a rejection that nobody handles, and here one is provoked.
process.removeAllListeners('unhandledRejection');
watchRejections();

/** What a busy loop needs, with much to spare. */
const longMs = 1500;

function busy(forMs: number): void {
	const from = process.threadCpuUsage();
	const usedMs = (): number => {
		const { user, system } = process.threadCpuUsage(from);
		return (user + system) / 1000;
	};
	while (usedMs() < forMs);
}

function targetOf(run: FuzzTarget['run']): FuzzTarget {
	return { seeds: ['seed'], run, declares: (error) => error instanceof SyntaxError };
}

const faults: readonly [kind: FindingKind, run: FuzzTarget['run']][] = [
	['crash', () => void (null as unknown as string).length],
	['crash', async () => await Promise.reject(new TypeError('late'))],
	['rejection', () => void Promise.reject(new Error('nobody waits'))],
	['hang', () => busy(longMs)],
	['prototype', () => void Object.assign(Object.prototype, { planted: 1 })],
];
for (const [kind, run] of faults) {
	test.serial(`judge() finds a ${kind} in ${String(run).slice(0, 60)}`, async (t) => {
		const { finding } = await judge(targetOf(run), Buffer.from('x'));
		t.is(finding?.kind, kind);
		t.false('planted' in {});
	});
}

test.serial('judge() takes a declared error as an answer', async (t) => {
	const refuse = () => void JSON.parse('{');
	t.is((await judge(targetOf(refuse), Buffer.from('x'))).finding, null);
});

test.serial('judge() allows more time for a long input', async (t) => {
	const run = () => busy(longMs);
	t.is((await judge(targetOf(run), Buffer.alloc(256 * 1024))).finding, null);
});

async function fuzz(target: FuzzTarget, counters: Uint32Array, runs: number): Promise<Finding[]> {
	const found: Finding[] = [];
	const events = { running() {}, learnt() {}, found: (finding: Finding) => void found.push(finding) };
	const fuzzer = new Fuzzer(target, counters, { seed: 1, literals: ['MAGIC'], events });
	await fuzzer.start([]);
	await fuzzer.runUntil(() => found.length > 0 || fuzzer.runs >= runs);
	return found;
}

test.serial('Fuzzer reaches a fault step by step, led by the counters', async (t) => {
	const counters = new Uint32Array(8);
	// As the instrumented code would: each step that is right is counted.
	const target = targetOf((input) => {
		const count = (step: number): void => {
			counters[step] = (counters[step] ?? 0) + 1;
		};
		const text = input.toString('latin1');
		if (!text.startsWith('MAGIC')) return;
		count(0);
		for (const [index, wanted] of [...'fuzz'].entries()) {
			if (text[5 + index] !== wanted) return;
			count(1 + index);
		}
		throw new TypeError('reached');
	});
	const [first] = await fuzz(target, counters, 400_000);
	t.is(first?.kind, 'crash');
});

/** Work for each pair of bytes, or for each byte. */
const works: readonly [name: string, stepsFor: (bytes: number) => number, isFound: boolean][] = [
	['the square of the input', (bytes) => bytes ** 2 / 64, true],
	['the input', (bytes) => bytes * 2000, false],
];
for (const [name, stepsFor, isFound] of works) {
	test.serial(`findGrowth() of work that grows with ${name}`, async (t) => {
		const target = targetOf((input) => {
			let sum = 0;
			for (let step = stepsFor(input.length); step > 0; step--) sum += step;
			t.true(sum >= 0);
		});
		const found = await findGrowth(target, Buffer.from('a'), randomFrom(1), () => {});
		t.is(found !== null, isFound);
	});
}
