// Reads ava's TAP of a run of test files: shows it in our words and counts it.

export interface Counts {
	passed: number;
	failed: number;
	skipped: number;
	/** Each failure as ava tells it, for the end of the output: what is above is thousands of lines long. */
	failures: string[];
	/** The file of each failure, or null where no file's name fits. */
	failedFiles: (string | null)[];
}

/** How many lines of a failure are repeated at the end. */
const failureLines = 60;

export function noCounts(): Counts {
	return { passed: 0, failed: 0, skipped: 0, failures: [], failedFiles: [] };
}

export function addCounts(counts: Counts, total: Counts): void {
	total.passed += counts.passed;
	total.failed += counts.failed;
	total.skipped += counts.skipped;
	total.failures.push(...counts.failures);
	total.failedFiles.push(...counts.failedFiles);
}

/** Shows a line of TAP in our words and counts it; what belongs to a failure is kept for the end. */
export function countLine(
	line: string,
	files: readonly string[],
	total: Counts,
	show: (line: string) => void,
): void {
	const result = /^(not )?ok \d+ - (.*)$/.exec(line);
	if (result !== null) {
		const title = result[2] ?? '';
		if (result[1] !== undefined) {
			countFailure(title, fileOf(title, files), total, show);
			return;
		}
		if (/# (SKIP|TODO)\b/i.test(title)) total.skipped += 1;
		else total.passed += 1;
		show(`ok  ${title}`);
		return;
	}
	// Lines of a failure (indented YAML) and lines that tests print (comments) are shown as they are.
	if (line === '' || /^(TAP version|1\.\.|# (tests|pass|fail|skip)|---)/.test(line)) return;
	show(line);
	const failure = total.failures.at(-1);
	if (failure === undefined || !line.startsWith(' ')) return;
	if (failure.split('\n').length < failureLines)
		total.failures[total.failures.length - 1] = `${failure}\n${line}`;
}

export function countFailure(
	title: string,
	file: string | null,
	total: Counts,
	show: (line: string) => void,
): void {
	total.failed += 1;
	total.failures.push(`NOT OK  ${title}`);
	total.failedFiles.push(file);
	show(`NOT OK  ${title}`);
}

/**
 * The file of the test, or null when no file's name fits: ava's title begins with the path, with › for each slash.
 * The longest one that fits counts, because supervisor.test.ts fits whatever fails below supervisor/.
 */
function fileOf(title: string, files: readonly string[]): string | null {
	if (files.length === 1) return files[0] ?? null;
	const begins = (file: string): string =>
		`${file
			.replace(/^test\/[a-z]+\//, '')
			.replace(/\.test\.ts$/, '')
			.replaceAll('/', ' › ')} › `;
	const fitting = files.filter((file) => title.startsWith(begins(file)));
	return fitting.reduce<string | null>((a, b) => (a !== null && a.length > b.length ? a : b), null);
}
