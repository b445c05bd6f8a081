// `slipway build` of the Redis OS: with an empty segment cache, and again with a full one.

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { slipwayProgram } from '../helpers/system.ts';
import type { Figure } from './figure.ts';

const runs = 3;
const folder = resolve('build/bench');
const store = process.env['SLIPWAY_CACHE'] ?? resolve('build/cache');

/** @returns the NAME of the built system */
export async function buildFigures(note: (figure: Figure) => void): Promise<string> {
	mkdirSync(folder, { recursive: true });
	const cold: Cost[] = [];
	const warm: Cost[] = [];
	for (let run = 0; run < runs; run++) {
		rmSync(join(store, 'segments'), { recursive: true, force: true });
		cold.push(await build());
		warm.push(await build());
	}
	for (const [name, costs] of [
		['build-cold', cold],
		['build-warm', warm],
	] as const) {
		note({ name, unit: 's', ours: costs.map((cost) => cost.seconds) });
		note({ name: `${name}-peak-memory`, unit: 'MB', ours: costs.map((cost) => cost.peakMegabytes) });
	}
	const name = join(folder, 'redis-os');
	note({ name: 'initrd-size', unit: 'MB', ours: [statSync(`${name}-initrd.img`).size / 1e6] });
	return name;
}

interface Cost {
	readonly seconds: number;
	readonly peakMegabytes: number;
}

async function build(): Promise<Cost> {
	const startedAt = performance.now();
	const args = ['build', '--name', 'redis-os', '--dir', folder, 'examples/redis-os.yml'];
	const child = spawn(slipwayProgram, args, {
		stdio: 'ignore',
		env: { ...process.env, SLIPWAY_CACHE: store },
	});
	let peakMegabytes = 0;
	// A high-water mark: only what is used in the very last milliseconds can be missed.
	const timer = setInterval(() => {
		peakMegabytes = Math.max(peakMegabytes, highWaterMegabytes(child.pid ?? 0));
	}, 5);
	const code = await new Promise<number | null>((done, failed) => child.on('exit', done).on('error', failed));
	clearInterval(timer);
	if (code !== 0) throw new Error(`slipway build ended with ${code}; "make packages" makes its images.`);
	return { seconds: (performance.now() - startedAt) / 1000, peakMegabytes };
}

/** `VmHWM` (proc_pid_status(5)), in kB there; 0 once the process has ended. */
function highWaterMegabytes(pid: number): number {
	try {
		const status = readFileSync(`/proc/${pid}/status`, 'utf8');
		return (Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024) / 1e6;
	} catch {
		return 0;
	}
}
