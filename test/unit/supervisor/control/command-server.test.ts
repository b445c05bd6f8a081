// The command socket and clients of all kinds. test/unit/native/client has the real client.

import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandMagic, frameKinds } from '../../../../supervisor/contract/command-protocol.ts';
import { openCommandServer, type RunCommand } from '../../../../supervisor/control/command-server.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

function start(t: ExecutionContext, run: RunCommand): string {
	const path = join(scratchFolder(t), 'run/command.sock');
	const server = openCommandServer(path, run, (error) => t.fail(String(error)));
	t.teardown(() => server.close());
	return path;
}

async function open(t: ExecutionContext, path: string): Promise<Socket> {
	const socket = connect(path);
	t.teardown(() => socket.destroy());
	await once(socket, 'connect');
	socket.on('error', () => undefined);
	return socket;
}

function request(...args: readonly string[]): Buffer {
	const texts = Buffer.from(['', ...args].map((text) => `${text}\0`).join(''));
	const length = Buffer.alloc(4);
	length.writeUInt32LE(texts.length);
	return Buffer.concat([commandMagic, length, texts]);
}

interface Frame {
	readonly kind: number;
	readonly code: number;
	readonly text: string;
}

/** Reads frames until the server closes the connection. */
async function framesOf(socket: Socket): Promise<readonly Frame[]> {
	const parts: Buffer[] = [];
	socket.on('data', (part: Buffer) => parts.push(part));
	// A server that closes with bytes unread resets the connection.
	socket.resume();
	if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
	let rest = Buffer.concat(parts);
	const frames: Frame[] = [];
	while (rest.length > 0) {
		const end = 8 + rest.readUInt32LE(4);
		frames.push({ kind: rest.readUInt8(0), code: rest.readUInt8(1), text: rest.toString('utf8', 8, end) });
		rest = rest.subarray(end);
	}
	return frames;
}

const hello: Frame = { kind: frameKinds.hello, code: 1, text: '' };

test('openCommandServer() says hello, passes on both outputs and the exit code, and serves only its owner', async (t) => {
	const path = start(t, async ({ args, columns }, { out, err }) => {
		out.write(`did ${args.join(' ')} ${columns}\n`);
		err.write('é');
		return 7;
	});
	const socket = await open(t, path);
	const bytes = request('status', 'redis');
	for (const byte of bytes) socket.write(Buffer.of(byte));
	t.deepEqual(await framesOf(socket), [
		hello,
		{ kind: frameKinds.stdout, code: 0, text: 'did status redis undefined\n' },
		{ kind: frameKinds.stderr, code: 0, text: 'é' },
		{ kind: frameKinds.exit, code: 7, text: '' },
	]);
	t.is(statSync(path).mode & 0o777, 0o600);
});

test('openCommandServer() hands a command back, and survives one that throws', async (t) => {
	const path = start(t, async ({ args }) => {
		if (args.length === 0) throw new Error('it broke');
		return null;
	});
	const back = await open(t, path);
	back.write(request('exec'));
	t.deepEqual(await framesOf(back), [hello, { kind: frameKinds.program, code: 0, text: '' }]);
	const broken = await open(t, path);
	broken.write(request());
	t.deepEqual(await framesOf(broken), [
		hello,
		{ kind: frameKinds.stderr, code: 0, text: 'service: it broke\n' },
		{ kind: frameKinds.exit, code: 1, text: '' },
	]);
});

const closes = test.macro({
	async exec(t, bytes: Buffer) {
		let runs = 0;
		const path = start(t, async () => {
			runs += 1;
			await new Promise(() => undefined);
			return 0;
		});
		const socket = await open(t, path);
		socket.write(bytes);
		t.deepEqual(await framesOf(socket), [hello]);
		t.is(runs, 0);
	},
	title: (name) => `openCommandServer() closes the connection of a client that sends ${name}`,
});

test('garbage', closes, Buffer.alloc(200_000, 0x80));
test('a request that is too long', closes, Buffer.concat([commandMagic, Buffer.from([0, 0, 2, 0])]));
test('more than its request', closes, Buffer.concat([request('list'), Buffer.from('x')]));

test('openCommandServer() ends a command whose client speaks again', async (t) => {
	const began = Promise.withResolvers<void>();
	const ended = Promise.withResolvers<void>();
	const path = start(t, async (_, { gone }) => {
		gone.addEventListener('abort', () => ended.resolve());
		began.resolve();
		await ended.promise;
		return 0;
	});
	const socket = await open(t, path);
	socket.write(request('events', '-f'));
	await began.promise;
	socket.write('x');
	await t.notThrowsAsync(ended.promise);
});

test('openCommandServer() aborts a command whose client has gone, and shows it that nobody reads', async (t) => {
	const { promise, resolve } = Promise.withResolvers<unknown>();
	const path = start(t, async (_, { out, gone }) => {
		t.is(out.errored, null);
		out.write('first');
		await new Promise<void>((aborted) => gone.addEventListener('abort', () => aborted()));
		out.write('nobody reads this');
		resolve(out.errored);
		return 0;
	});
	const socket = await open(t, path);
	socket.write(request('events'));
	socket.on('data', (bytes) => {
		if (String(bytes).includes('first')) socket.destroy();
	});
	t.like(await promise, { code: 'EPIPE' });
});

test('openCommandServer() cuts off a client that does not read', async (t) => {
	const { promise, resolve } = Promise.withResolvers<number>();
	const path = start(t, async (_, { out, gone }) => {
		let written = 0;
		while (!gone.aborted && written < 2 ** 26) {
			out.write('x'.repeat(2 ** 16));
			written += 2 ** 16;
			await new Promise(setImmediate);
		}
		resolve(written);
		return 0;
	});
	const socket = await open(t, path);
	socket.pause();
	socket.write(request('events'));
	const written = await promise;
	t.true(written < 2 ** 23, `${written} bytes`);
});

test('openCommandServer() gives a slow reader all of the output', async (t) => {
	const text = 'y'.repeat(3 * 2 ** 20);
	const written = Promise.withResolvers<void>();
	const path = start(t, async (_, { out }) => {
		out.write(text);
		written.resolve();
		return 0;
	});
	const socket = await open(t, path);
	socket.pause();
	socket.write(request('events'));
	await written.promise;
	const frames = await framesOf(socket);
	t.is(frames[1]?.text, text);
	t.is(frames[2]?.kind, frameKinds.exit);
});

test('openCommandServer() turns away more clients than it can serve, before it says hello', async (t) => {
	const path = start(t, async () => 0);
	const sockets = await Promise.all(Array.from({ length: 20 }, () => open(t, path)));
	let turnedAway = 0;
	for (const socket of sockets) {
		void framesOf(socket).then((frames) => {
			if (frames.length === 0) turnedAway += 1;
		});
	}
	await eventually(() => turnedAway >= 4, { what: 'four closed connections', timeoutMs: 20_000 });
	t.is(turnedAway, 4);
	t.is(sockets.filter((socket) => !socket.destroyed).length, 16);
});

test('openCommandServer() reports trouble instead of throwing it', async (t) => {
	const { promise, resolve } = Promise.withResolvers<Error>();
	openCommandServer('/proc/nowhere/command.sock', async () => 0, resolve);
	t.true((await promise) instanceof Error);
});
