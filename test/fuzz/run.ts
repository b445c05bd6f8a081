// `make fuzz`: fuzzes every target, or TARGET alone, for TIME seconds each, JOBS at a time. SEED repeats the mutations.
// Prints a line a target. The exit code is 1 when something was found; its input is in test/fuzz/findings by then.

import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { fuzzNative, nativePrefix, nativeTargets } from './engine/native-target.ts';
import { runTarget, type TargetOutcome } from './engine/run-target.ts';

const ownTargets = globSync('test/fuzz/targets/*.ts').map((file) => basename(file, '.ts'));
const all = [...ownTargets.sort(), ...nativeTargets()];
const wanted = (process.env['TARGET'] ?? '').split(/[\s,]+/).filter((name) => name !== '');
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) refuse(`TARGET: there is no ${unknown.join(', ')}. There are ${all.join(', ')}.`);

const seconds = wholeNumber('TIME', 30);
const seed = wholeNumber('SEED', Math.floor(Math.random() * 2 ** 31));
const jobs = wholeNumber('JOBS', availableParallelism());
const names = wanted.length > 0 ? wanted : all;
console.log(`make fuzz SEED=${seed} TIME=${seconds}: ${names.length} targets, ${jobs} at a time`);

const left = [...names];
const outcomes: TargetOutcome[] = [];
await Promise.all(Array.from({ length: jobs }, runSome));
const runs = outcomes.reduce((sum, outcome) => sum + outcome.runs, 0);
const found = outcomes.flatMap((outcome) => outcome.found);
console.log(`\n${outcomes.length} targets, ${runs} runs, ${found.length} findings`);
for (const path of found) console.log(`  ${path}`);
if (found.length > 0) process.exitCode = 1;

async function runSome(): Promise<void> {
	for (let name = left.shift(); name !== undefined; name = left.shift()) {
		const isNative = name.startsWith(nativePrefix);
		const outcome = isNative
			? await fuzzNative(name, seed, seconds)
			: await runTarget(name, { seed, seconds });
		outcomes.push(outcome);
		console.log(line(outcome));
	}
}

function line({ name, runs, edges, corpusSize, found }: TargetOutcome): string {
	const figures = `${String(runs).padStart(9)} runs ${String(edges).padStart(6)} edges`;
	return `${name.padEnd(22)} ${figures} ${String(corpusSize).padStart(6)} inputs ${found.length} findings`;
}

function wholeNumber(name: string, absent: number): number {
	const text = process.env[name] ?? '';
	const value = text === '' ? absent : Number(text);
	if (!Number.isSafeInteger(value) || value < 0) refuse(`${name} is a whole number, not "${text}".`);
	return value;
}

function refuse(message: string): never {
	console.error(message);
	process.exit(2);
}
