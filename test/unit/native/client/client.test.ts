// The small client, with made-up servers in place of PID 1, and a shell script in place of PID 1's executable.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { signalOfAction } from '../../../../init/process/power-action.ts';
import { commandVersion, frameKinds } from '../../../../supervisor/contract/command-protocol.ts';
import { type CommandRequest, parseCommandRequest } from '../../../../supervisor/control/command-request.ts';
import { buildStaticProgram } from '../../../../tools/build/build-static-program.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const root = scratchFolder();
const client = join(root, 'usr/bin/service');
const socketPath = join(root, 'run/slipway/command.sock');
const programSaid = 'the program got';

/** What the made-up PID 1 does with a request; the client's arguments select it. */
type Act = (socket: Socket, request: CommandRequest) => void;

const acts: Readonly<Record<string, Act>> = {
	echo(socket, { args, columns }) {
		socket.write(frame(frameKinds.stdout, 0, `${JSON.stringify({ args, columns })}\n`));
		socket.end(frame(frameKinds.exit, 3));
	},
	bytewise(socket) {
		const answer = [frame(frameKinds.stdout, 0, 'out\n'), frame(frameKinds.stderr, 0, 'err\n')];
		for (const byte of Buffer.concat([...answer, frame(frameKinds.exit, 4)])) socket.write(Buffer.of(byte));
	},
	large(socket) {
		socket.write(frame(frameKinds.stdout, 0, 'z'.repeat(5_000_000)));
		socket.end(frame(frameKinds.exit, 0));
	},
	back: (socket) => void socket.end(frame(frameKinds.program, 0)),
	cut: (socket) => void socket.end(frame(frameKinds.stdout, 0, 'half of it').subarray(0, 12)),
	follow: (socket) => void socket.write(frame(frameKinds.stdout, 0, 'first\n')),
	screen(socket) {
		socket.write(frame(frameKinds.keys, 0));
		socket.write(frame(frameKinds.stdout, 0, 'a screen\n'));
	},
	wait: () => undefined,
};

function frame(kind: number, code: number, text = ''): Buffer {
	const head = Buffer.from([kind, code, 0, 0, 0, 0, 0, 0]);
	head.writeUInt32LE(Buffer.byteLength(text), 4);
	return Buffer.concat([head, Buffer.from(text)]);
}

const servers = new Set<{ close(): void }>();

function listen(path: string, serve: (socket: Socket) => void): Promise<unknown> {
	const server = createServer((socket) => {
		socket.on('error', () => undefined);
		serve(socket);
	});
	servers.add(server);
	server.listen(path);
	return once(server, 'listening');
}

test.before(async () => {
	for (const folder of ['usr/bin', 'run/slipway', 'lib/slipway', 'sbin'])
		mkdirSync(join(root, folder), { recursive: true });
	await buildStaticProgram('client', client, [`ROOT="${root}"`, 'BEGIN_TIMEOUT_SECONDS=120']);
	const program = join(root, 'lib/slipway/service');
	writeFileSync(program, `#!/bin/sh\necho "${programSaid} $#: $*"\nexit 9\n`);
	chmodSync(program, 0o755);
	await listen(socketPath, (socket) => {
		let received = Buffer.alloc(0);
		socket.write(frame(frameKinds.hello, commandVersion));
		socket.on('data', (bytes: Buffer) => {
			received = Buffer.concat([received, bytes]);
			const request = parseCommandRequest(received);
			if (request === 'garbage') socket.destroy();
			else if (request !== null) acts[request.args[0] ?? 'echo']?.(socket, request);
		});
	});
});

test.after.always(() => {
	for (const server of servers) server.close();
});

test('client sends its arguments as they are, and ends with the exit code', async (t) => {
	const args = ['echo', '', '--', 'a b', 'é', '-x'];
	t.like(await runProgram(client, args), {
		exitCode: 3,
		stdout: `${JSON.stringify({ args })}\n`,
		stderr: '',
	});
	t.is((await runProgram(client, [])).stdout, '{"args":[]}\n');
});

test('client tells the width of its terminal', async (t) => {
	const line = `stty cols 77; ${client} echo`;
	const { stdout } = await runProgram('script', ['-qec', line, '/dev/null']);
	t.is(stdout.trim(), '{"args":["echo"],"columns":77}');
});

test('client writes both outputs, also when frames come in parts', async (t) => {
	t.like(await runProgram(client, ['bytewise']), { exitCode: 4, stdout: 'out\n', stderr: 'err\n' });
	t.is((await runProgram(client, ['large'])).stdout.length, 5_000_000);
});

test('client executes the program when PID 1 hands the command back, and when the arguments are too long', async (t) => {
	t.like(await runProgram(client, ['back', 'x']), { exitCode: 9, stdout: `${programSaid} 2: back x\n` });
	const long = 'l'.repeat(70_000);
	t.like(await runProgram(client, ['echo', long]), {
		exitCode: 9,
		stdout: `${programSaid} 2: echo ${long}\n`,
	});
});

test('client says that PID 1 has closed the connection, and does not run the command again', async (t) => {
	t.like(await runProgram(client, ['cut']), {
		exitCode: 1,
		stdout: 'half',
		stderr: 'service: PID 1 has closed the connection.\n',
	});
});

test('client ends with 141 when its reader goes away while it follows', async (t) => {
	const child = spawn(client, ['follow'], { stdio: ['ignore', 'pipe', 'inherit'] });
	const exited = once(child, 'exit');
	await once(child.stdout, 'data');
	child.stdout.destroy();
	t.deepEqual(await exited, [141, null]);
});

const onKey = test.macro({
	async exec(t, key: string, exitCode: number) {
		const folder = scratchFolder();
		const file = (name: string): string => join(folder, name);
		const line = `trap : INT; stty -g >${file('before')}; ${client} screen; echo $? >${file('code')}; stty -g >${file('after')}`;
		const child = spawn('script', ['-qec', line, '/dev/null'], { env: { ...process.env, SHELL: '/bin/sh' } });
		t.teardown(() => child.kill('SIGKILL'));
		let shown = '';
		child.stdout.on('data', (bytes: Buffer) => {
			if (shown === '') child.stdin.write(`x${key}`);
			shown += bytes.toString();
		});
		await once(child, 'close');
		t.is(readFileSync(file('code'), 'utf8'), `${exitCode}\n`);
		t.is(shown, 'a screen\r\n', 'no key is echoed');
		t.is(readFileSync(file('after'), 'utf8'), readFileSync(file('before'), 'utf8'));
	},
	title: (_, key: string) => `client ends a screen on ${JSON.stringify(key)}, and restores the terminal`,
});
test(onKey, 'q', 0);
test(onKey, '\u0003', 130);

test('client without a terminal reads no keys', async (t) => {
	const child = spawn(client, ['screen'], { stdio: ['pipe', 'pipe', 'inherit'] });
	t.teardown(() => child.kill('SIGKILL'));
	await once(child.stdout, 'data');
	child.stdin.write('q');
	child.stdout.destroy();
	t.deepEqual(await once(child, 'exit'), [141, null]);
});

test('client goes on without a reader until there is output', async (t) => {
	const { stdout } = await runProgram('sh', [
		'-c',
		`{ timeout -s KILL 1 ${client} wait; echo $? >&2; } | true; { ${client} large; echo $? >&2; } | true`,
	]).then(({ stderr }) => ({ stdout: stderr }));
	t.deepEqual(stdout.match(/^\d+$/gm), ['137', '141']);
});

test('client reports an output that is full', async (t) => {
	const full = openSync('/dev/full', 'w');
	const child = spawn(client, ['echo'], { stdio: ['ignore', full, 'pipe'] });
	let stderr = '';
	child.stderr?.on('data', (bytes) => (stderr += bytes));
	t.deepEqual(await once(child, 'close'), [1, null]);
	closeSync(full);
	t.is(stderr, "service: the output can't be written: No space left on device\n");
});

test('client keeps its socket apart from descriptors that are closed', async (t) => {
	const { exitCode, stderr } = await runProgram('sh', ['-c', `exec ${client} bytewise <&- >&-`]);
	t.deepEqual({ exitCode, stderr }, { exitCode: 4, stderr: 'err\n' });
});

const elsewhere = test.macro({
	async exec(t, serve: ((socket: Socket) => void) | null, expected: object, timeoutSeconds = 120) {
		const own = scratchFolder();
		const program = join(own, 'service');
		mkdirSync(join(own, 'run/slipway'), { recursive: true });
		mkdirSync(join(own, 'lib/slipway'), { recursive: true });
		symlinkSync(join(root, 'lib/slipway/service'), join(own, 'lib/slipway/service'));
		await buildStaticProgram('client', program, [`ROOT="${own}"`, `BEGIN_TIMEOUT_SECONDS=${timeoutSeconds}`]);
		if (serve !== null) await listen(join(own, 'run/slipway/command.sock'), serve);
		t.like(await runProgram(program, ['list']), expected);
	},
	title: (name) => `client ${name}`,
});
const byProgram = { exitCode: 9, stdout: `${programSaid} 1: list\n`, stderr: '' };

test('executes the program when nobody listens', elsewhere, null, byProgram);
test('executes the program when PID 1 turns it away', elsewhere, (socket) => socket.destroy(), byProgram);
test(
	'executes the program when PID 1 speaks another version',
	elsewhere,
	(socket) => socket.write(frame(frameKinds.hello, commandVersion + 1)),
	byProgram,
);
const silence = {
	exitCode: 1,
	stdout: '',
	stderr: 'service: PID 1 has given no answer in 1 s: it is very busy, or hangs.\n',
};
test('says that PID 1 does not answer', elsewhere, () => undefined, silence, 1);

test('client names what is missing when it stands alone', async (t) => {
	const alone = join(scratchFolder(), 'service');
	await buildStaticProgram('client', alone, ['ROOT="/nowhere"']);
	const { exitCode, stderr } = await runProgram(alone, ['list']);
	t.is(exitCode, 1);
	t.regex(stderr, /^service: PID 1 does not answer through \/nowhere\/run\/slipway\/command\.sock, and /);
});

for (const [action, signal] of Object.entries(signalOfAction)) {
	test(`client sends ${signal} to process 1 for ${action}`, async (t) => {
		symlinkSync(client, join(root, 'sbin', action));
		// Process 1 of a pid namespace gets a signal only when it handles it.
		const script = `trap 'echo got ${signal}; exit' ${signal.slice(3)}; ${join(root, 'sbin', action)}; sleep 9`;
		const { stdout } = await runProgram('unshare', [
			'--map-root-user',
			'--pid',
			'--fork',
			'sh',
			'-c',
			script,
		]);
		t.is(stdout, `got ${signal}\n`);
	});
}
