// Targets in C (test/fuzz/native): fuzzed by libFuzzer, which clang brings, and replayed by a program that gcc makes. Both have
// the sanitizers of addresses and of undefined behaviour.

import { spawn } from 'node:child_process';
import { globSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runTool } from '../../../tools/files/run-tool.ts';
import { addInput, corpusFolder, findingsFolder, readInputs, workFolder } from './corpus.ts';
import type { TargetOutcome } from './run-target.ts';

/** Tells them from the targets in TypeScript. */
export const nativePrefix = 'native-';
const sourceFolder = 'test/fuzz/native';
const replaySource = join(sourceFolder, 'replay.c');
const flags = [
	'-std=c11',
	'-D_GNU_SOURCE',
	'-g',
	'-O1',
	'-Wall',
	'-Wextra',
	'-Werror',
	'-fno-sanitize-recover=all',
];
/** Inputs that the repository keeps are shorter. */
const maxKeptInputBytes = 4000;
const maxKeptBytes = 12 * 1024;

/** `native-module-index`, … */
export function nativeTargets(): string[] {
	return globSync(`${sourceFolder}/*.c`)
		.filter((file) => file !== replaySource)
		.map((file) => `${nativePrefix}${basename(file, '.c')}`)
		.sort();
}

function sourceOf(name: string): string {
	return join(sourceFolder, `${name.slice(nativePrefix.length)}.c`);
}

/** Runs the target with the files, under the sanitizers. Throws with their report when one finds something. */
export async function replayNative(name: string, inputs: readonly string[], folder: string): Promise<void> {
	mkdirSync(folder, { recursive: true });
	const program = join(folder, `${name}-replay`);
	await runTool('gcc', [
		...flags,
		'-fsanitize=address,undefined',
		'-o',
		program,
		sourceOf(name),
		replaySource,
	]);
	await runTool(program, inputs);
}

export async function fuzzNative(name: string, seed: number, seconds: number): Promise<TargetOutcome> {
	const program = join(workFolder, name);
	const work = join(workFolder, 'corpus', name);
	const [corpus, findings] = [join(corpusFolder, name), join(findingsFolder, name)];
	for (const folder of [work, corpus, findings]) mkdirSync(folder, { recursive: true });
	await runTool('clang', [...flags, '-fsanitize=fuzzer,address,undefined', '-o', program, sourceOf(name)]);
	const before = readdirSync(findings);
	const limits = ['-rss_limit_mb=512', '-timeout=2', '-max_len=65536'];
	const ends = [`-max_total_time=${Math.max(1, seconds)}`, `-seed=${seed}`, `-artifact_prefix=${findings}/`];
	const log = await run(program, [...limits, ...ends, '-print_final_stats=1', work, corpus, findings]);
	await keepBest(program, work, corpus);
	const found = readdirSync(findings).filter((file) => !before.includes(file));
	if (found.length > 0) console.log(log.slice(-4000));
	return {
		name,
		runs: Number(/number_of_executed_units: +(\d+)/.exec(log)?.[1] ?? 0),
		edges: Number([...log.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? 0),
		corpusSize: readdirSync(work).length,
		found: found.map((file) => join(findings, file)),
	};
}

/** Adds short inputs that reach something new to what the repository keeps, as libFuzzer merges them. */
async function keepBest(program: string, work: string, corpus: string): Promise<void> {
	const merged = `${work}-merged`;
	mkdirSync(merged, { recursive: true });
	for (const { bytes } of readInputs(corpus)) addInput(merged, bytes);
	await run(program, ['-merge=1', `-max_len=${maxKeptInputBytes}`, merged, work]);
	let keptBytes = readInputs(corpus).reduce((sum, { bytes }) => sum + bytes.length, 0);
	for (const { bytes } of readInputs(merged).sort((a, b) => a.bytes.length - b.bytes.length)) {
		keptBytes += bytes.length;
		if (keptBytes > maxKeptBytes) break;
		addInput(corpus, bytes);
	}
}

/** Returns what the program wrote to stderr; its exit code says only that something was found. */
async function run(program: string, options: readonly string[]): Promise<string> {
	const child = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
	let log = '';
	for await (const part of child.stderr) log = (log + String(part)).slice(-200_000);
	return log;
}

/** The seeds of a target are in its corpus, beside what was learnt. */
export function nativeInputs(name: string): string[] {
	return [corpusFolder, findingsFolder].flatMap((folder) => globSync(join(folder, name, '*')).sort());
}
