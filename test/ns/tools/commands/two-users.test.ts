// Two users of one host, each with a machine of the same name: neither sees, opens nor ends the other's.

import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

/** Numbers that nobody has. */
const uids = [64_001, 64_002] as const;

/** Names a machine as "slipway run -d" does, and leaves QEMU to itself: it has no guest, and is known by its monitor's socket. */
const startMachine = `
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { machineBases, machineFiles } from '${resolve('tools/machine/machine-directories.ts')}';
import { findMachine } from '${resolve('tools/machine/machine-state.ts')}';
import { nameMachine } from '${resolve('tools/machine/named-machine.ts')}';
const bases = machineBases();
const request = { name: 'web', memoryMegabytes: 16, cpus: 1, publish: [], disks: [], data: null, accelerator: 'tcg', append: '' };
await nameMachine(bases, 'web', request, { publish: [], disks: [] }, false);
const files = machineFiles(findMachine(bases, 'web').place);
for (const log of [files.consoleLog, files.eventLog]) writeFileSync(log, '');
const monitor = 'socket,id=qmp,path=' + files.qmp + ',server=on,wait=off';
const args = ['-nodefaults', '-display', 'none', '-S', '-m', '16', '-chardev', monitor, '-mon', 'chardev=qmp,mode=control'];
const qemu = spawn('qemu-system-x86_64', args, { stdio: 'ignore', detached: true });
qemu.on('spawn', () => { console.log(qemu.pid); qemu.unref(); });
`;

function userOf(t: ExecutionContext, folder: string, uid: number) {
	const home = join(folder, String(uid));
	mkdirSync(home, { mode: 0o755 });
	chownSync(home, uid, uid);
	t.teardown(() => rmSync(`/tmp/slipway-${uid}`, { recursive: true, force: true }));
	const run = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
		const ids = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
		return await runProgram('setpriv', [...ids, process.execPath, '--no-warnings', ...args], {
			env: { PATH: process.env['PATH'], HOME: home, ...env },
		});
	};
	return {
		home,
		slipway: async (args: readonly string[], env?: NodeJS.ProcessEnv) =>
			await run([resolve('tools/slipway.ts'), ...args], env),
		async start(): Promise<number> {
			const { stdout, stderr } = await run(['--input-type=module-typescript', '-e', startMachine]);
			const pid = Number(stdout);
			if (!(pid > 0)) throw new Error(stderr);
			t.teardown(() => {
				if (existsSync(`/proc/${pid}`) && statSync(`/proc/${pid}`).uid === uid) process.kill(pid, 'SIGKILL');
			});
			return pid;
		},
	};
}

test('two users have a machine of the same name, and do not meet', async (t) => {
	const folder = scratchFolder();
	chmodSync(folder, 0o755);
	const [first, second] = [userOf(t, folder, uids[0]), userOf(t, folder, uids[1])];
	const pid = await first.start();
	const nothing = await second.slipway(['ps', '--all', '--json']);
	t.is(nothing.stdout, '[]\n', nothing.stderr);
	const unknown = await second.slipway(['kill', 'web']);
	t.is(unknown.exitCode, 1);
	const own = await second.start();
	for (const [user, expected] of [
		[first, pid],
		[second, own],
	] as const) {
		const { stdout, stderr } = await user.slipway(['ps', '--all', '--json']);
		t.deepEqual(
			JSON.parse(stdout).map((each: { name: string; pid: number }) => [each.name, each.pid]),
			[['web', expected]],
			stderr,
		);
	}
	const killed = await second.slipway(['kill', 'web']);
	t.is(killed.exitCode, 0, killed.stderr);
	t.like(JSON.parse((await first.slipway(['ps', '--json'])).stdout), [{ name: 'web', pid }]);
	for (const place of [`/tmp/slipway-${uids[0]}`, join(first.home, '.local/state/slipway')])
		t.is(statSync(place).mode & 0o777, 0o700, place);
	for (const env of [
		{ XDG_STATE_HOME: join(first.home, '.local/state') },
		{ XDG_RUNTIME_DIR: `/tmp/slipway-${uids[0]}` },
	]) {
		const refused = await second.slipway(['ps', '--all'], env);
		t.is(refused.exitCode, 1);
		t.regex(refused.stderr, /must be a directory of your own|can't be created/);
	}
});
