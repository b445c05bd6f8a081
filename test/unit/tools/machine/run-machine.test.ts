import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { eventually } from '../../../helpers/eventually.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

/** A boot sector that jumps to itself: a machine that runs, and never is ready. */
function endlessDisk(path: string): void {
	const disk = Buffer.alloc(64 * 1024);
	disk.set([0xeb, 0xfe]);
	disk.set([0x55, 0xaa], 510);
	writeFileSync(path, disk);
}

test('run -d --until-ready says that the machine runs on when a signal ends the wait', async (t) => {
	const folder = scratchFolder(t);
	const disk = join(folder, 'endless.img');
	endlessDisk(disk);
	const env = { ...process.env, XDG_RUNTIME_DIR: folder, XDG_STATE_HOME: join(folder, 'state') };
	const tool = [resolve('tools/slipway.ts')];
	const slipway = async (...args: readonly string[]) =>
		await runProgram(process.execPath, [...tool, ...args], { env });
	const listed = async () => JSON.parse((await slipway('ps', '--json')).stdout);
	const run = spawn(
		process.execPath,
		[...tool, 'run', '-d', '--until-ready', '--accel', 'tcg', '--memory', '64', disk],
		{ env, stdio: ['ignore', 'ignore', 'pipe'] },
	);
	const said = text(run.stderr);
	try {
		await eventually(async () => (await listed()).length === 1);
		run.kill('SIGINT');
		const [, signal] = await once(run, 'exit');
		t.is(signal, 'SIGINT');
		t.regex(
			await said,
			/^slipway: Ended by SIGINT while endless boots\. The machine runs on\. Look at it with .*"slipway stop endless"\.$/m,
		);
		t.is((await listed()).length, 1);
	} finally {
		run.kill('SIGKILL');
		await slipway('kill', 'endless');
	}
	t.deepEqual(await listed(), []);
});
