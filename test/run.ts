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
	/**
	 * A file in which a test fails is run once more, and the last line counts it as flaky: QEMU's emulation of two
	 * processors hangs now and then, whatever runs in it. Only for what runs in QEMU; what fails twice has failed.
	 */
	readonly secondTry: boolean;
}

const suites: readonly Suite[] = [
	{ name: 'unit', files: 'test/unit/**/*.test.ts', concurrency: 2, secondTry: false },
	{ name: 'ns', files: 'test/ns/**/*.test.ts', concurrency: 1, secondTry: false },
	{ name: 'vm', files: 'test/vm/**/*.test.ts', concurrency: 1, secondTry: true },
];

interface Counts {
	passed: number;
	failed: number;
	skipped: number;
}

/** How many of the slowest files are listed at the end. */
const slowestCount = 10;

addServersToPath();
const wanted = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'slipway-test-'));
/** Each test file appends its duration here (test/helpers/file-duration.ts). */
const durationList = join(scratch, 'durations');
writeFileSync(durationList, '');
const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
const flaky: string[] = [];
for (const suite of suites) {
	if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
	await runSuite(suite, counts);
}
printDurations();
rmSync(scratch, { recursive: true });
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
for (const file of flaky) console.log(`FLAKY  ${file} failed, and passed the second time`);
const unsteady = flaky.length > 0 ? `, ${flaky.length} flaky` : '';
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}${unsteady}`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

async function runSuite(suite: Suite, total: Counts): Promise<void> {
	const files = globSync(suite.files).sort();
	console.log(`\n== ${suite.name}: ${files.length} files`);
	const missing = missingFor(suite.name);
	if (missing !== null) {
		total.failed += 1;
		console.log(`NOT OK  ${missing}`);
		return;
	}
	const startedAt = performance.now();
	for (const file of suite.secondTry ? files : []) await runFileTwiceAtMost(suite, file, total);
	if (!suite.secondTry) await runFiles(suite, files, total);
	console.log(`== ${suite.name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

async function runFileTwiceAtMost(suite: Suite, file: string, total: Counts): Promise<void> {
	const first = { passed: 0, failed: 0, skipped: 0 };
	await runFiles(suite, [file], first);
	if (first.failed === 0) {
		add(first, total);
		return;
	}
	console.log(`\n== ${file} failed and is run once more`);
	const second = { passed: 0, failed: 0, skipped: 0 };
	await runFiles(suite, [file], second);
	if (second.failed === 0) flaky.push(file);
	add(second, total);
}

function add(counts: Counts, total: Counts): void {
	total.passed += counts.passed;
	total.failed += counts.failed;
	total.skipped += counts.skipped;
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
		total.failed += 1;
		console.log(`not ok: suite ${suite.name}: ${ran === 0 ? 'no test ran; ' : ''}${trouble}`);
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

function countLine(line: string, total: Counts): void {
	const result = /^(not )?ok \d+ - (.*)$/.exec(line);
	if (result === null) {
		// What belongs to a failure (indented YAML) and what tests print (comments) is shown as it is.
		if (line !== '' && !/^(TAP version|1\.\.|# (tests|pass|fail|skip)|---)/.test(line)) console.log(line);
		return;
	}
	const title = result[2] ?? '';
	if (/# (SKIP|TODO)\b/i.test(title)) total.skipped += 1;
	else if (result[1] === undefined) total.passed += 1;
	else total.failed += 1;
	console.log(`${result[1] === undefined ? 'ok' : 'NOT OK'}  ${title}`);
}
