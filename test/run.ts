// `make test`: all tests, a suite after the other, a line a test, and at the end one plain line with the counts.
//
// ava reports by TAP, so that its words and ours can't drift apart. A suite that ends badly without a failed test
// (it crashed, or ran nothing) counts as one failure: silence is never success.

import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { addServersToPath, missingFor } from './helpers/suite-needs.ts';

interface Suite {
	/** Names the folder and the entry of test/helpers/suite-needs.ts: `unit` needs no root, no registry and no apt. */
	readonly name: string;
	readonly files: string;
	/** How many test files run at once; a boot test keeps both cores busy by itself. */
	readonly concurrency: number;
	/** True runs each file by itself; false runs them in one ava, which starts faster. */
	readonly fileByFile: boolean;
}

const suites: readonly Suite[] = [
	{ name: 'unit', files: 'test/unit/**/*.test.ts', concurrency: 2, fileByFile: false },
	{ name: 'ns', files: 'test/ns/**/*.test.ts', concurrency: 1, fileByFile: false },
	{ name: 'vm', files: 'test/vm/**/*.test.ts', concurrency: 1, fileByFile: true },
];

interface Counts {
	passed: number;
	failed: number;
	skipped: number;
	/** Each failure as ava tells it, for the end of the output: what is above is thousands of lines long. */
	failures: string[];
}

/** How many of the slowest files are listed at the end. */
const slowestCount = 10;
/** How many lines of a failure are repeated at the end. */
const failureLines = 60;
/** More failed files than these are no accident, and are not run again. */
const mostSecondTries = 5;

addServersToPath();
const wanted = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'slipway-test-'));
/** Each test file appends its duration here (test/helpers/file-duration.ts). */
const durationList = join(scratch, 'durations');
writeFileSync(durationList, '');
const counts = noCounts();
const flaky: string[] = [];
const failedTwice: string[] = [];
for (const suite of suites) {
	if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
	await runSuite(suite, counts);
}
printDurations();
rmSync(scratch, { recursive: true });
if (counts.failures.length > 0) console.log(`\n== failures\n${counts.failures.join('\n')}`);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
for (const file of failedTwice) console.log(`FAILED  ${file} failed twice`);
for (const file of flaky) console.log(`FLAKY  ${file} failed, and passed the second time`);
const unsteady = flaky.length > 0 ? `, ${flaky.length} flaky` : '';
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}${unsteady}`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

async function runSuite(suite: Suite, total: Counts): Promise<void> {
	const files = globSync(suite.files).sort();
	console.log(`\n== ${suite.name}: ${files.length} files`);
	const missing = missingFor(suite.name);
	if (missing !== null) {
		fail(missing, total);
		return;
	}
	const startedAt = performance.now();
	if (suite.fileByFile) for (const file of files) await runWithSecondTry(suite, [file], total);
	else await runWithSecondTry(suite, files, total);
	console.log(`== ${suite.name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/**
 * Runs the files, and once more, alone, those in which a test failed. The last lines count such a file as flaky and
 * repeat its failure: the machines are shared, and QEMU's emulation of two processors hangs now and then, whatever
 * runs in it. What fails twice has failed.
 */
async function runWithSecondTry(suite: Suite, files: readonly string[], total: Counts): Promise<void> {
	const first = noCounts();
	await runFiles(suite, files, first);
	const failed = first.failures.map((failure) => fileOf(failure, files));
	const again = files.filter((file) => failed.includes(file));
	if (first.failed === 0 || failed.includes(null) || again.length > mostSecondTries) {
		add(first, total);
		return;
	}
	const second = noCounts();
	for (const file of again) {
		console.log(`\n== ${file} failed and is run once more`);
		const before = second.failed;
		await runFiles(suite, [file], second);
		(second.failed === before ? flaky : failedTwice).push(file);
	}
	const mended = Math.max(0, first.failed - second.failed);
	add({ ...first, failed: second.failed, passed: first.passed + mended }, total);
}

/**
 * The file whose test failed, or null when no file's name fits: ava's title begins with the path, with › for each slash.
 * The longest one that fits counts, because supervisor.test.ts fits whatever fails below supervisor/.
 */
function fileOf(failure: string, files: readonly string[]): string | null {
	if (files.length === 1) return files[0] ?? null;
	const begins = (file: string): string =>
		`NOT OK  ${file
			.replace(/^test\/[a-z]+\//, '')
			.replace(/\.test\.ts$/, '')
			.replaceAll('/', ' › ')} › `;
	const fitting = files.filter((file) => failure.startsWith(begins(file)));
	return fitting.reduce<string | null>((a, b) => (a !== null && a.length > b.length ? a : b), null);
}

function noCounts(): Counts {
	return { passed: 0, failed: 0, skipped: 0, failures: [] };
}

function add(counts: Counts, total: Counts): void {
	total.passed += counts.passed;
	total.failed += counts.failed;
	total.skipped += counts.skipped;
	total.failures.push(...counts.failures);
}

async function runFiles(suite: Suite, files: readonly string[], total: Counts): Promise<void> {
	const before = { ...total };
	const ava = spawn('ava', ['--tap', '--concurrency', String(suite.concurrency), ...files], {
		stdio: ['ignore', 'pipe', 'inherit'],
		env: { ...process.env, TEST_DURATIONS: durationList },
	});
	const ended = new Promise<string>((resolve) => {
		ava.on('error', (error) => resolve(error.message));
		ava.on('close', (code, signal) =>
			resolve(code === 0 ? '' : `ava ended with ${signal ?? `exit code ${code}`}`),
		);
	});
	for await (const line of createInterface({ input: ava.stdout })) countLine(line, total);
	const trouble = await ended;
	const ran = total.passed + total.failed - before.passed - before.failed;
	if (ran === 0 || (trouble !== '' && total.failed === before.failed)) {
		fail(`${suite.name}: ${ran === 0 ? 'no test ran; ' : ''}${trouble}`, total);
	}
}

/** Prints the duration of each test file in the order of their ends, then the slowest ones. */
function printDurations(): void {
	const lines = readFileSync(durationList, 'utf8')
		.split('\n')
		.filter((line) => line !== '');
	const files = lines.map((line) => line.split('\t')).map(([seconds = '', file = '']) => ({ seconds, file }));
	const print = ({ seconds, file }: { seconds: string; file: string }) =>
		console.log(`${seconds.padStart(8)} s  ${file}`);
	console.log('\n== duration of each file');
	files.forEach(print);
	console.log(`\n== the slowest ${slowestCount} files`);
	files
		.toSorted((a, b) => Number(b.seconds) - Number(a.seconds))
		.slice(0, slowestCount)
		.forEach(print);
}

/** Shows a line of TAP in our words and counts it; what belongs to a failure is kept for the end. */
function countLine(line: string, total: Counts): void {
	const result = /^(not )?ok \d+ - (.*)$/.exec(line);
	if (result !== null) {
		countResult(result[1] === undefined, result[2] ?? '', total);
		return;
	}
	// What belongs to a failure (indented YAML) and what tests print (comments) is shown as it is.
	if (line === '' || /^(TAP version|1\.\.|# (tests|pass|fail|skip)|---)/.test(line)) return;
	console.log(line);
	const failure = total.failures.at(-1);
	if (failure === undefined || !line.startsWith(' ')) return;
	if (failure.split('\n').length < failureLines)
		total.failures[total.failures.length - 1] = `${failure}\n${line}`;
}

function countResult(passed: boolean, title: string, total: Counts): void {
	if (!passed) {
		fail(title, total);
		return;
	}
	if (/# (SKIP|TODO)\b/i.test(title)) total.skipped += 1;
	else total.passed += 1;
	console.log(`ok  ${title}`);
}

function fail(title: string, total: Counts): void {
	total.failed += 1;
	total.failures.push(`NOT OK  ${title}`);
	console.log(`NOT OK  ${title}`);
}
