// Fuzzes one target in a process of its own and watches it: a run that does not end, or fills the memory, is killed, kept
// as a finding, and the rest of the time goes on with another seed.

import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type BuiltTarget, buildTarget } from './build-target.ts';
import { addFinding, corpusFolder, findingsFolder, workFolder } from './corpus.ts';
import { type Finding, maxCpuMs, maxMemoryBytes } from './judge.ts';
import { minimise } from './minimise.ts';
import type { WorkerOrder, WorkerReport } from './worker-order.ts';

export interface TargetOutcome {
	readonly name: string;
	readonly runs: number;
	readonly edges: number;
	readonly corpusSize: number;
	readonly found: readonly string[];
}

export interface FuzzTime {
	readonly seed: number;
	readonly seconds: number;
}

const lookEveryMs = 250;
/** A worker measures its own runs; it is killed only when one takes this much longer than allowed. */
const patience = 4;
/** A run that uses no time and does not end waits for something that never comes. */
const maxIdleMs = 60_000;
const maxDeaths = 5;
/** A worker's own data and its garbage. */
const ownMemoryBytes = 1024 * 1024 * 1024;
const ticksPerSecond = 100;

export async function runTarget(name: string, time: FuzzTime): Promise<TargetOutcome> {
	const built = await buildTarget(name, resolve(workFolder));
	const endsAt = Date.now() + time.seconds * 1000;
	const found: string[] = [];
	let last: WorkerReport = { runs: 0, edges: 0, corpusSize: 0, found: [] };
	let runs = 0;
	for (let death = 0; death < maxDeaths && Date.now() < endsAt; death++) {
		const order = orderFor(built, time.seed + death, (endsAt - Date.now()) / 1000);
		const ended = await runWorker(order, (report) => {
			last = report;
		});
		runs += last.runs;
		found.push(...last.found);
		last = { ...last, runs: 0, found: [] };
		if (ended === null) break;
		const path = addFinding(order.findingsFolder, ended, currentInput(order.currentFile).bytes);
		console.log(`FOUND  ${name}: ${path ?? 'the same again'}\n${ended.text}`);
		found.push(path ?? `${name}: ${ended.kind}`);
	}
	await minimise(built);
	return { name, runs, edges: last.edges, corpusSize: last.corpusSize, found };
}

function orderFor(built: BuiltTarget, seed: number, seconds: number): WorkerOrder {
	const { name, script, counterCount, literals } = built;
	mkdirSync(workFolder, { recursive: true });
	return {
		...{ script, counterCount, literals, seed, seconds },
		corpusFolder: join(corpusFolder, name),
		findingsFolder: join(findingsFolder, name),
		workFolder: join(workFolder, 'corpus', name),
		currentFile: join(workFolder, `${name}.current`),
	};
}

/** Resolves with null when the worker ended by itself, in time. */
async function runWorker(
	order: WorkerOrder,
	onReport: (report: WorkerReport) => void,
): Promise<Finding | null> {
	const worker = fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify(order)], {
		execArgv: ['--no-warnings', '--expose-gc', '--max-old-space-size=1024'],
		stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
	});
	let stderr = '';
	worker.stderr?.on('data', (bytes: Buffer) => {
		stderr = (stderr + bytes.toString()).slice(-4000);
	});
	worker.on('message', (report) => onReport(report as WorkerReport));
	const ended = new Promise<string>((resolve) => {
		worker.on('close', (code, signal) => resolve(code === 0 ? '' : (signal ?? `exit code ${code}`)));
	});
	const watching = new AbortController();
	const killed = watch(worker, order.currentFile, watching.signal);
	const how = await ended;
	watching.abort();
	const finding = await killed;
	if (finding !== null || how === '') return finding;
	const isMemory = /heap out of memory|allocation failed/i.test(stderr);
	return { kind: isMemory ? 'memory' : 'killed', text: `the process ended by ${how}\n${stderr}` };
}

/** Kills the worker when its run exceeds the limits, and says why; resolves with null when the worker ends before. */
async function watch(worker: ChildProcess, currentFile: string, over: AbortSignal): Promise<Finding | null> {
	let since = { run: -1, cpuMs: 0, atMs: performance.now() };
	while (!over.aborted) {
		await pause(lookEveryMs);
		const usage = usageOf(worker.pid ?? 0);
		if (usage === null) continue;
		const { run, bytes } = currentInput(currentFile);
		if (run !== since.run) since = { run, cpuMs: usage.cpuMs, atMs: performance.now() };
		const cpuMs = usage.cpuMs - since.cpuMs;
		const idleMs = performance.now() - since.atMs;
		const finding = exceeded(cpuMs, idleMs, usage.residentBytes, bytes.length);
		if (finding === null) continue;
		worker.kill('SIGKILL');
		return finding;
	}
	return null;
}

function exceeded(cpuMs: number, idleMs: number, residentBytes: number, inputBytes: number): Finding | null {
	if (residentBytes > maxMemoryBytes + ownMemoryBytes) {
		return { kind: 'memory', text: `${(residentBytes / 2 ** 20).toFixed(0)} MiB are resident` };
	}
	if (cpuMs > patience * maxCpuMs(inputBytes)) {
		return { kind: 'hang', text: `does not end after ${cpuMs} ms of processor time for ${inputBytes} bytes` };
	}
	if (idleMs > maxIdleMs && cpuMs < 1000) {
		return { kind: 'hang', text: `waits for ${(idleMs / 1000).toFixed(0)} s, and nothing happens` };
	}
	return null;
}

/** proc(5): utime and stime are the 12th and 13th field after the name, rss the 22nd, in pages. */
function usageOf(pid: number): { cpuMs: number; residentBytes: number } | null {
	try {
		const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
			.replace(/^.*\) /s, '')
			.split(' ');
		const ticks = Number(fields[11]) + Number(fields[12]);
		return { cpuMs: (ticks * 1000) / ticksPerSecond, residentBytes: Number(fields[21]) * 4096 };
	} catch {
		return null;
	}
}

function currentInput(file: string): { run: number; bytes: Buffer } {
	try {
		const whole = readFileSync(file);
		return { run: whole.readUInt32LE(0), bytes: whole.subarray(8, 8 + whole.readUInt32LE(4)) };
	} catch {
		return { run: -1, bytes: Buffer.alloc(0) };
	}
}
