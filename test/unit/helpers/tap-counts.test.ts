import test from 'ava';
import { addCounts, countLine, noCounts } from '../../helpers/tap-counts.ts';

const files = ['test/ns/supervisor.test.ts', 'test/ns/supervisor/copy.test.ts', 'test/ns/client.test.ts'];

function counted(lines: readonly string[], of: readonly string[] = files) {
	const counts = noCounts();
	const shown: string[] = [];
	for (const line of lines) countLine(line, of, counts, (text) => shown.push(text));
	return { counts, shown };
}

test('countLine() counts results, shows them in our words and keeps what belongs to a failure', (t) => {
	const { counts, shown } = counted([
		'TAP version 13',
		'ok 1 - client › it works',
		'not ok 2 - supervisor › copy › it fails',
		'  ---',
		'  message: no',
		'ok 3 - client › later # SKIP',
		'# a comment',
		'1..3',
	]);
	t.deepEqual(counts, {
		passed: 1,
		failed: 1,
		skipped: 1,
		failures: ['NOT OK  supervisor › copy › it fails\n  ---\n  message: no'],
		failedFiles: ['test/ns/supervisor/copy.test.ts'],
	});
	t.deepEqual(shown.slice(0, 2), ['ok  client › it works', 'NOT OK  supervisor › copy › it fails']);
	t.true(shown.includes('# a comment'));
	t.false(shown.some((line) => /^TAP|^1\.\./.test(line)));
});

test('countLine() knows the file of a failure: the longest that fits, the only one, or none', (t) => {
	const fileOf = (title: string, of?: readonly string[]) =>
		counted([`not ok 1 - ${title}`], of).counts.failedFiles;
	t.deepEqual(fileOf('supervisor › runOnboot() runs'), ['test/ns/supervisor.test.ts']);
	t.deepEqual(fileOf('anything', ['test/vm/disk.test.ts']), ['test/vm/disk.test.ts']);
	t.deepEqual(fileOf('anything'), [null]);
});

test('addCounts() adds all of them', (t) => {
	const { counts } = counted(['ok 1 - client › a', 'not ok 2 - client › b']);
	const total = noCounts();
	addCounts(counts, total);
	addCounts(counts, total);
	t.deepEqual([total.passed, total.failed, total.failures.length, total.failedFiles.length], [2, 2, 2, 2]);
});
