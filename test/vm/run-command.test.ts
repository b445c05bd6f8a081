// `slipway run` as a user types it: exit codes, words, and never a QEMU left behind.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import ava from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { buildSystem, slipway, slipwayEnvironment, slipwayProgram } from '../helpers/system.ts';

const test = ava.serial;
let name: string;

ava.before(async () => {
	name = await buildSystem('run-command', readFileSync('examples/redis-os.yml', 'utf8'));
});

/** QEMU processes that run this system. */
async function qemus(system: string): Promise<string[]> {
	const found = await runProgram('pgrep', ['-f', `qemu-system.*${system}-kernel`]);
	return found.stdout.split('\n').filter((line) => line !== '');
}

for (const mode of ['copy', 'bind']) {
	test(`run --until-ready with slipway.root=${mode} exits 0 and leaves no QEMU`, async (t) => {
		const run = await slipway(
			'run',
			'--until-ready',
			'--cpus=1',
			'--memory',
			'640',
			'--append',
			`slipway.root=${mode}`,
			name,
		);
		t.is(run.exitCode, 0, run.stderr + run.stdout);
		t.regex(
			run.stdout,
			mode === 'bind' ? /root .*read on demand/ : /root .*copied to memory, and the image is free/,
		);
		t.regex(run.stdout, /ready/);
		t.deepEqual(await qemus(name), []);
	});
}

test('run powers the guest off cleanly when interrupted, also early in the boot', async (t) => {
	const child = spawn(slipwayProgram, ['run', '--memory', '640', name], {
		stdio: ['ignore', 'pipe', 'ignore'],
		env: slipwayEnvironment(),
	});
	let shown = '';
	child.stdout.on('data', (bytes: Buffer) => (shown += bytes.toString('latin1')));
	await eventually(() => shown.includes('Linux version'));
	child.kill('SIGTERM');
	// While nobody reads, QEMU writes on: a pipe or socket would be full by now.
	const log = join(slipwayEnvironment()['XDG_STATE_HOME'] ?? '', 'slipway', 'run-command', 'console.log');
	child.kill('SIGSTOP');
	await eventually(() => statSync(log).size > shown.length + 4096);
	child.kill('SIGCONT');
	const [code] = await once(child, 'close');
	t.is(code, 0, shown.slice(-500));
	t.regex(shown, /reboot: Power down/);
	t.is(shown, readFileSync(log, 'latin1'));
	t.deepEqual(await qemus(name), []);
});

test('run ends the machine at once on a second signal', async (t) => {
	const child = spawn(slipwayProgram, ['run', '--memory', '640', name], {
		stdio: ['ignore', 'ignore', 'pipe'],
		env: slipwayEnvironment(),
	});
	let said = '';
	child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')));
	await eventually(async () => ((await qemus(name)).length > 0 ? true : null));
	child.kill('SIGINT');
	await eventually(() => said.includes('A second signal ends it at once'));
	child.kill('SIGINT');
	const [code] = await once(child, 'close');
	t.is(code, 1, said);
	t.regex(said, /Stopped by SIGINT; QEMU was ended/);
	t.deepEqual(await qemus(name), []);
});

test('run | head -1 ends quietly with QEMU', async (t) => {
	const pipeline = '"$0" run --memory 640 "$1" | head -1; echo ${PIPESTATUS[0]}';
	const { stdout, stderr } = await runProgram('bash', ['--norc', '-c', pipeline, slipwayProgram, name], {
		env: slipwayEnvironment(),
	});
	t.regex(stdout, /Linux version [^\n]*\n141\n$/);
	t.is(stderr, '');
	t.deepEqual(await qemus(name), []);
});

test('run leaves no QEMU behind even when it is killed', async (t) => {
	const child = spawn(slipwayProgram, ['run', '--memory', '640', name], {
		stdio: 'ignore',
		env: slipwayEnvironment(),
	});
	await eventually(async () => ((await qemus(name)).length > 0 ? true : null));
	child.kill('SIGKILL');
	t.true(await eventually(async () => ((await qemus(name)).length === 0 ? true : null)));
});

test('run --timeout gives up, says so and leaves no QEMU', async (t) => {
	const run = await slipway('run', '--timeout', '2', '--memory', '640', name);
	t.is(run.exitCode, 1);
	t.regex(run.stderr, /still ran after 2 s/);
	t.deepEqual(await qemus(name), []);
});

test('run powers the guest off cleanly when its terminal is closed', async (t) => {
	const terminal = spawn(
		'script',
		['-qec', `exec "${slipwayProgram}" run --memory 640 "${name}"`, '/dev/null'],
		{
			stdio: ['pipe', 'pipe', 'ignore'],
			env: { ...slipwayEnvironment(), SHELL: '/bin/sh' },
		},
	);
	let shown = '';
	terminal.stdout.on('data', (bytes: Buffer) => (shown += bytes.toString('latin1')));
	await eventually(() => shown.includes('Linux version'));
	// The kernel sends SIGHUP, and a write to the terminal fails from then on.
	terminal.kill('SIGKILL');
	await once(terminal, 'close');
	t.true(await eventually(async () => (await qemus(name)).length === 0));
	const log = join(slipwayEnvironment()['XDG_STATE_HOME'] ?? '', 'slipway', 'run-command', 'console.log');
	t.regex(readFileSync(log, 'latin1'), /reboot: Power down\s*$/);
});

test('run in the background of a terminal is not stopped', async (t) => {
	const job = `"${slipwayProgram}" run --timeout 2 --memory 640 "${name}" & wait $!; echo code $?`;
	const { stdout } = await runProgram('script', ['-qec', `bash --norc -mc '${job}'`, '/dev/null'], {
		env: slipwayEnvironment(),
	});
	t.regex(stdout, /still ran after 2 s; QEMU was ended\..*\r\ncode 1\r\n/s);
	t.deepEqual(await qemus(name), []);
});

test('run of a guest whose kernel panics reports that, with its last lines', async (t) => {
	const run = await slipway(
		'run',
		'--append',
		'rdinit=/none root=/none rootfstype=ext4 panic=-1',
		'--memory',
		'640',
		name,
	);
	t.is(run.exitCode, 1, run.stdout);
	t.regex(run.stderr, /its kernel panicked: VFS: Unable to mount root fs/);
});

test('run --until-ready gives up at once when the kernel panics and stands still', async (t) => {
	const run = await slipway(
		'run',
		'--until-ready',
		'--append',
		'rdinit=/none root=/none rootfstype=ext4',
		name,
	);
	t.is(run.exitCode, 1, run.stdout);
	t.regex(run.stderr, /not ready when its kernel panicked: VFS: Unable to mount root fs/);
	t.deepEqual(await qemus(name), []);
});

test('run refuses a machine with too little memory, with the figure', async (t) => {
	const run = await slipway('run', '--until-ready', '--memory', '224', name);
	t.is(run.exitCode, 1, run.stdout);
	t.regex(
		run.stderr,
		/run-command needs at least 2\d\d MB of memory until its services run, and --memory is 224\.$/m,
	);
	t.deepEqual(await qemus(name), []);
});

test('run names the port that is in use', async (t) => {
	const server = createServer().listen(0, '127.0.0.1');
	t.teardown(() => server.close());
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const run = await slipway('run', '--publish', `${port}:6379`, name);
	t.is(run.exitCode, 1);
	t.regex(run.stderr, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is in use`));
});

test('run of a guest whose QEMU is killed before PID 1 speaks exits 1', async (t) => {
	const child = spawn(slipwayProgram, ['run', '--memory', '640', name], {
		stdio: 'ignore',
		env: slipwayEnvironment(),
	});
	const [pid = ''] = await eventually(async () => {
		const found = await qemus(name);
		return found.length > 0 ? found : null;
	});
	process.kill(Number(pid), 'SIGTERM');
	t.is(await new Promise((resolve) => child.on('exit', resolve)), 1);
});

test('halt ends the machine, and run exits 0', async (t) => {
	const child = spawn(slipwayProgram, ['run', '--memory', '640', name], {
		stdio: ['pipe', 'pipe', 'ignore'],
		env: slipwayEnvironment(),
	});
	t.teardown(() => child.kill('SIGKILL'));
	let shown = '';
	child.stdout.on('data', (bytes: Buffer) => {
		shown += bytes.toString('latin1');
	});
	const typing = setInterval(() => {
		if (/~# /.test(shown)) child.stdin.write('halt\r');
	}, 1000);
	const code = await new Promise((resolve) => child.on('exit', resolve));
	clearInterval(typing);
	t.is(code, 0, shown.slice(-500));
});
