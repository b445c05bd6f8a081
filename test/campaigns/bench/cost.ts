// Measures the cost of a shell script: wall time, CPU time of all its processes, and how much memory they had at most.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface Cost {
	readonly wallSeconds: number;
	/** User and system, of every process that the script waited for. */
	readonly cpuSeconds: number;
	/**
	 * Resident memory, the pages of the programs' own files included: the most that all processes of the script had
	 * together when looked at every few milliseconds, or the high-water mark of a single one where that is more.
	 */
	readonly peakMegabytes: number;
}

const lookEveryMs = 8;

/** Runs `script` in bash, which counts the times; throws with what the script said when it fails. */
export async function costOf(script: string, env: NodeJS.ProcessEnv = process.env): Promise<Cost> {
	const timed = `set -e -o pipefail; TIMEFORMAT='%3R %3U %3S'; exec 4>&2; { time { ${script}\n} 2>&4; } 2>&3`;
	const child = spawn('bash', ['-c', timed], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], env });
	let peakMegabytes = 0;
	const timer = setInterval(() => {
		peakMegabytes = Math.max(peakMegabytes, residentMegabytes(child.pid ?? 0));
	}, lookEveryMs);
	try {
		const ended = new Promise<number | null>((done, failed) => child.on('exit', done).on('error', failed));
		const [said, times] = await Promise.all([text(output(child, 2)), text(output(child, 3))]);
		const code = await ended;
		if (code !== 0) throw new Error(`A step of the bench ended with ${code}:\n${script}\n${said}`);
		const [wallSeconds = 0, user = 0, system = 0] = times.trim().split(' ').map(Number);
		return { wallSeconds, cpuSeconds: user + system, peakMegabytes };
	} finally {
		clearInterval(timer);
	}
}

function output(child: ChildProcess, descriptor: number): Readable {
	const stream = child.stdio[descriptor];
	if (stream == null || !('readable' in stream)) throw new Error(`The descriptor ${descriptor} is no pipe.`);
	return stream;
}

/** One after the other. */
export function sumOf(...costs: readonly Cost[]): Cost {
	return {
		wallSeconds: costs.reduce((sum, cost) => sum + cost.wallSeconds, 0),
		cpuSeconds: costs.reduce((sum, cost) => sum + cost.cpuSeconds, 0),
		peakMegabytes: Math.max(...costs.map((cost) => cost.peakMegabytes)),
	};
}

/** Returns the sum over the processes below `pid`. */
function residentMegabytes(pid: number): number {
	const processes = below(pid).map(memoryOf);
	const together = processes.reduce((sum, { now }) => sum + now, 0);
	return Math.max(together, ...processes.map(({ most }) => most)) / 1e6;
}

function below(pid: number): number[] {
	const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
	return children.flatMap((child) => [child, ...below(child)]);
}

/** proc_pid_status(5): kB there, bytes here. */
function memoryOf(pid: number): { now: number; most: number } {
	const status = read(`/proc/${pid}/status`);
	const bytes = (key: string): number =>
		Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
	return { now: bytes('VmRSS'), most: bytes('VmHWM') };
}

/** Empty once the process has ended. */
function read(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}
