// `make test`: all tests, a suite after the other, a line a test, and at the end one plain line with the counts.
//
// ava reports by TAP, so that its words and ours can't drift apart. A suite that ends badly without a failed test
// (it crashed, or ran nothing) counts as one failure: silence is never success.

import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { bootsAtOnce } from './helpers/boots-at-once.ts';
import { separateAlone } from './helpers/run-alone.ts';
import { addServersToPath, missingFor } from './helpers/suite-needs.ts';
import { addCounts, type Counts, countFailure, countLine, noCounts } from './helpers/tap-counts.ts';

interface Suite {
	/** Names the folder and the entry of test/helpers/suite-needs.ts: `unit` needs no root, no registry and no apt. */
	readonly name: string;
	readonly files: string;
	/** How many test files run at once, of those that do not say that they run alone (test/helpers/run-alone.ts). */
	readonly concurrency: number;
	/** Files that wait for downloads most of their time, and run beside all others. */
	readonly waiting?: readonly string[];
	/** True gives each file an ava of its own, and shows its lines when it ends; false runs all in one ava, which starts faster. */
	readonly fileByFile: boolean;
}

/** Of the cgroup, where that has a limit. */
const memoryMegabytes = Math.min(totalmem(), process.constrainedMemory() || totalmem()) / 2 ** 20;

const suites: readonly Suite[] = [
	{ name: 'unit', files: 'test/unit/**/*.test.ts', concurrency: 2, fileByFile: false },
	{ name: 'ns', files: 'test/ns/**/*.test.ts', concurrency: 1, fileByFile: false },
	{
		name: 'vm',
		files: 'test/vm/**/*.test.ts',
		concurrency: bootsAtOnce(availableParallelism(), memoryMegabytes),
		// It downloads and builds the packages of another processor.
		waiting: ['test/vm/arm64.test.ts'],
		fileByFile: true,
	},
];

/** How many of the slowest files are listed at the end. */
const slowestCount = 10;
/** More failed files than these are no accident, and are not run again. */
const mostSecondTries = 5;
/** Holds what Node has stripped and V8 has compiled of ava, the sources and the tests: a third of a short test file's time. */
const compileCache = resolve('build/test/compile-cache');

addServersToPath();
const wanted = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'slipway-test-'));
/** Each test file appends its duration here (test/helpers/file-duration.ts). */
const durationList = join(scratch, 'durations');
writeFileSync(durationList, '');
const print = (line: string): void => console.log(line);
const counts = noCounts();
const flaky: string[] = [];
const failedTwice: string[] = [];
for (const suite of suites) {
	if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
	await runSuite(suite, counts);
}
printDurations();
rmSync(scratch, { recursive: true });
if (counts.failures.length > 0) print(`\n== failures\n${counts.failures.join('\n')}`);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
for (const file of failedTwice) print(`FAILED  ${file} failed twice`);
for (const file of flaky) print(`FLAKY  ${file} failed, and passed the second time`);
const unsteady = flaky.length > 0 ? `, ${flaky.length} flaky` : '';
print(`\n${counts.passed} passed, ${counts.failed} failed${skipped}${unsteady}`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

async function runSuite(suite: Suite, total: Counts): Promise<void> {
	const files = globSync(suite.files).sort();
	print(`\n== ${suite.name}: ${files.length} files, ${suite.concurrency} at once`);
	const missing = missingFor(suite.name);
	if (missing !== null) {
		countFailure(missing, null, total, print);
		return;
	}
	const startedAt = performance.now();
	const { waiting = [] } = suite;
	const others = files.filter((file) => !waiting.includes(file));
	const { alone, together } = separateAlone(others);
	const first = noCounts();
	if (suite.fileByFile) {
		const beside = runLanes(suite, waiting, first);
		await runLanes(suite, together, first);
		await runLanes({ ...suite, concurrency: 1 }, alone, first);
		await beside;
	} else {
		await runFiles(suite, together, first);
		if (alone.length > 0) await runFiles({ ...suite, concurrency: 1 }, alone, first);
	}
	addCounts(await runSecondTries(suite, first), total);
	print(`== ${suite.name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Runs each file by itself, as many at once as the suite allows. The lines of one stand together where others run beside it. */
async function runLanes(suite: Suite, files: readonly string[], total: Counts): Promise<void> {
	const waiting = [...files];
	const lanes = Array.from({ length: suite.concurrency }, async () => {
		for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
			const lines: string[] = [];
			const counts = noCounts();
			const keep = (line: string): void => void lines.push(line);
			await runFiles(suite, [file], counts, suite.concurrency > 1 ? keep : print);
			lines.forEach(print);
			addCounts(counts, total);
		}
	});
	await Promise.all(lanes);
}

/**
 * Runs once more, alone, the files in which a test failed, and returns what counts in the end. The last lines count
 * such a file as flaky and repeat its failure: the machines are shared, and QEMU's emulation of two processors hangs
 * now and then, whatever runs in it. What fails twice has failed.
 */
async function runSecondTries(suite: Suite, first: Counts): Promise<Counts> {
	const again = new Set(first.failedFiles);
	if (again.has(null) || again.size > mostSecondTries) return first;
	const second = noCounts();
	for (const file of again) {
		if (file === null) continue;
		print(`\n== ${file} failed and is run once more`);
		const before = second.failed;
		await runFiles(suite, [file], second);
		(second.failed === before ? flaky : failedTwice).push(file);
	}
	const mended = Math.max(0, first.failed - second.failed);
	return { ...first, failed: second.failed, passed: first.passed + mended };
}

async function runFiles(
	suite: Suite,
	files: readonly string[],
	total: Counts,
	show: (line: string) => void = print,
): Promise<void> {
	const before = { ...total };
	const ava = spawn('ava', ['--tap', '--concurrency', String(suite.concurrency), ...files], {
		stdio: ['ignore', 'pipe', 'inherit'],
		env: { ...process.env, TEST_DURATIONS: durationList, NODE_COMPILE_CACHE: compileCache },
	});
	const ended = new Promise<string>((resolve) => {
		ava.on('error', (error) => resolve(error.message));
		ava.on('close', (code, signal) =>
			resolve(code === 0 ? '' : `ava ended with ${signal ?? `exit code ${code}`}`),
		);
	});
	for await (const line of createInterface({ input: ava.stdout })) countLine(line, files, total, show);
	const trouble = await ended;
	const ran = total.passed + total.failed - before.passed - before.failed;
	if (ran === 0 || (trouble !== '' && total.failed === before.failed)) {
		const file = files.length === 1 ? (files[0] ?? null) : null;
		countFailure(`${suite.name}: ${ran === 0 ? 'no test ran; ' : ''}${trouble}`, file, total, show);
	}
}

/** Prints the duration of each test file in the order of their ends, then the slowest ones. */
function printDurations(): void {
	const lines = readFileSync(durationList, 'utf8')
		.split('\n')
		.filter((line) => line !== '');
	const files = lines.map((line) => line.split('\t')).map(([seconds = '', file = '']) => ({ seconds, file }));
	const printFile = ({ seconds, file }: { seconds: string; file: string }) =>
		print(`${seconds.padStart(8)} s  ${file}`);
	print('\n== duration of each file');
	files.forEach(printFile);
	print(`\n== the slowest ${slowestCount} files`);
	files
		.toSorted((a, b) => Number(b.seconds) - Number(a.seconds))
		.slice(0, slowestCount)
		.forEach(printFile);
}
