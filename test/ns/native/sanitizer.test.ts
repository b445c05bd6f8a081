import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import test from 'ava';
import { buildAddon } from '../../../tools/build/build-addon.ts';
import { runFixture } from '../../unit/native/run-fixture.ts';

const addon = resolve(import.meta.dirname, '../../../build/native-sanitized.node');
const library = execFileSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const env = {
	LD_PRELOAD: library,
	// V8 does not free what lives as long as the process.
	ASAN_OPTIONS: 'detect_leaks=0:exitcode=99:abort_on_error=0',
};

const clean = test.macro({
	async exec(t, fixture: string, wrapper: readonly string[] = []) {
		const end = await runFixture(fixture, { addon, wrapper: [...wrapper, 'env', ...settings()] });
		t.notRegex(end.stderr, /AddressSanitizer/);
		t.is(end.exitCode, 0, end.stderr);
	},
	title: (_, fixture) => `AddressSanitizer finds nothing in ${fixture}`,
});

/** Set behind the wrapper: unshare(1) needs no sanitizer. */
function settings(): string[] {
	return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

test.before(() => buildAddon(addon, { sanitize: true }));

test.serial(clean, 'exercise.ts', ['unshare', '--mount', '--uts', '--net']);
test.serial(clean, 'mounts.ts', ['unshare', '--mount']);
test.serial(clean, 'machine.ts', ['unshare', '--uts', '--net']);
test.serial(clean, 'deadline.ts');
test.serial(clean, 'spawn-enter.ts');
test.serial(clean, 'spawn-leftovers.ts');
test.serial(clean, 'uevents.ts', ['unshare', '--net', '--mount']);
test.serial(clean, 'watch-throws.ts');
test.serial(clean, 'watch-in-worker.ts');

// Node puts the signals' handlers back at its start, so a crash would not prove it.
test.serial('AddressSanitizer is there when these fixtures run', async (t) => {
	const wrapper = ['env', `LD_PRELOAD=${library}`, 'ASAN_OPTIONS=verbosity=1'];
	t.regex((await runFixture('sanitized.ts', { addon, wrapper })).stderr, /AddressSanitizer Init done/);
	const without = await runFixture('sanitized.ts', { addon });
	t.regex(without.stderr, /ASan runtime does not come first/);
});
