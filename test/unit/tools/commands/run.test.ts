import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { hostProcessor } from '../../../../supervisor/contract/processors.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

/** QEMU would take the kernel for a program without firmware. */
function writeSystem(name: string): void {
	for (const ending of ['kernel', 'initrd.img', 'cmdline']) writeFileSync(`${name}-${ending}`, '\x7fELF');
}

for (const options of [[], ['--detach'], ['--until-ready']]) {
	test(`slipway run ${options.join(' ')} on a host without QEMU says how to get it`, async (t) => {
		const folder = scratchFolder(t);
		const system = join(folder, 'os');
		writeSystem(system);
		const programs = join(folder, 'bin');
		mkdirSync(programs);
		symlinkSync('/usr/bin/mkfifo', join(programs, 'mkfifo'));
		const env = { PATH: programs, XDG_RUNTIME_DIR: join(folder, 'r'), XDG_STATE_HOME: join(folder, 's') };
		const words = ['--no-warnings', resolve('tools/slipway.ts'), 'run', '--accel', 'tcg', ...options, system];
		const { exitCode, stderr } = await runProgram(process.execPath, words, { env });
		t.is(exitCode, 1);
		const { program, packages } = hostProcessor.qemu;
		t.true(
			stderr.includes(
				`${program} could not be started. Install QEMU: apt-get install ${packages['apt-get']} `,
			),
			stderr,
		);
		if (options.length === 0) t.deepEqual(readdirSync(join(folder, 'r/slipway')), []);
	});
}

test('slipway run on a host without mkfifo names it, and leaves no directory of the machine', async (t) => {
	const folder = scratchFolder(t);
	const system = join(folder, 'os');
	writeSystem(system);
	const env = { PATH: folder, XDG_RUNTIME_DIR: join(folder, 'r'), XDG_STATE_HOME: join(folder, 's') };
	const words = ['--no-warnings', resolve('tools/slipway.ts'), 'run', '--accel', 'tcg', system];
	const { exitCode, stderr } = await runProgram(process.execPath, words, { env });
	t.is(exitCode, 1);
	t.regex(stderr, /^slipway: mkfifo could not make .*: it is not in PATH\. .*package coreutils\.$/m);
	t.deepEqual(readdirSync(join(folder, 'r/slipway')), []);
});
