// The relay and calls through it, with a guest that runs the real server of frames and commands of the tests.

import { once } from 'node:events';
import { connect, createServer, type Server, Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { type ChannelServer, createChannelServer } from '../../../../supervisor/channel/channel-server.ts';
import {
	channelKinds,
	encodeFrame,
	encodeGrant,
	encodeHello,
	maxPayloadBytes,
	type OpenRequest,
	windowBytes,
} from '../../../../supervisor/contract/channel-protocol.ts';
import { createFrameReader } from '../../../../supervisor/contract/frame-reader.ts';
import { createGrantedWriter, createGrants } from '../../../../supervisor/contract/granted-writer.ts';
import { type RelayTimes, runRelay } from '../../../../tools/control/relay.ts';
import { callService } from '../../../../tools/control/service-call.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const times: RelayTimes = { answerMs: 10_000, idleMs: 600_000, helloMs: 100 };

/** QEMU's socket, and in the guest a program that starts anew at each connection of a host. */
async function startGuest(t: ExecutionContext) {
	const folder = scratchFolder();
	const port = join(folder, 'control');
	const seen: string[] = [];
	const guest: { server: ChannelServer | null; socket: Socket | null } = { server: null, socket: null };
	const begin = (): void => {
		const send = (frame: Buffer): void => void guest.socket?.write(frame);
		guest.server = createChannelServer({
			send,
			start: (stream, request, ended) => command(send, stream, request, ended, seen),
		});
	};
	const listener = createServer((socket) => {
		guest.socket = socket;
		socket.on('error', () => undefined);
		socket.on('data', (bytes: Buffer) => {
			// The program starts when the host speaks.
			if (guest.server === null) begin();
			guest.server?.add(bytes);
		});
	});
	listener.listen(port);
	await once(listener, 'listening');
	t.teardown(() => {
		guest.socket?.destroy();
		listener.close();
	});
	return {
		port,
		seen,
		guest,
		restart: begin,
		relay: (more: Partial<RelayTimes> = {}, listen = join(folder, 'relay')) =>
			startRelay(t, port, listen, { ...times, ...more }),
	};
}

/** `echo`: stdin comes back; `flood`: output without end; `exit N`; `wait`. */
function command(
	send: (frame: Buffer) => void,
	stream: number,
	{ args }: OpenRequest,
	ended: () => void,
	seen: string[],
) {
	const [name, code = '0'] = args;
	const grants = createGrants();
	const out = createGrantedWriter({ kind: channelKinds.stdout, stream }, grants, send);
	out.on('error', () => undefined);
	const exit = (): void => {
		send(encodeFrame({ kind: channelKinds.exit, stream, code: Number(code) }));
		ended();
	};
	if (name === 'flood') Readable.from(endless()).pipe(out);
	if (name === 'exit') setImmediate(exit);
	seen.push(`start ${args.join(' ')}`);
	return {
		stdin(bytes: Buffer) {
			if (name !== 'echo') return;
			if (bytes.length === 0) out.end(exit);
			else out.write(bytes, () => send(encodeGrant(stream, bytes.length)));
		},
		grant: (bytes: number) => grants.add(bytes),
		resize: () => undefined,
		signal: (number: number) => seen.push(`signal ${number}`),
		reset() {
			seen.push(`reset ${name}`);
			out.destroy();
		},
	};
}

function* endless() {
	for (;;) yield Buffer.alloc(10_000, 'y');
}

async function startRelay(t: ExecutionContext, port: string, listen: string, relayTimes: RelayTimes) {
	const { promise: listening, resolve } = Promise.withResolvers<void>();
	let server: Server | null = null;
	const ended = runRelay(
		{
			port,
			listen: async (opened) => {
				server = opened;
				opened.listen(listen);
				await once(opened, 'listening');
				resolve();
			},
		},
		relayTimes,
	);
	ended.catch(() => undefined);
	await Promise.race([listening, ended]);
	t.teardown(() => server?.close());
	return {
		ended,
		async call(args: readonly string[], input: Readable | null = null) {
			const socket = connect(listen);
			await once(socket, 'connect');
			t.teardown(() => socket.destroy());
			const out = new PassThrough({ highWaterMark: 1024 });
			const call = callService(socket, { args, terminal: null }, { input, out, err: new PassThrough() });
			call.exitCode.catch(() => undefined);
			return { ...call, out, socket };
		},
	};
}

test('callService() passes stdin and stdout on, and the exit code', async (t) => {
	const { relay } = await startGuest(t);
	const { call } = await relay();
	const content = Buffer.from(Array.from({ length: 5 * windowBytes }, (_, index) => (index * 7) % 253));
	const { out, exitCode } = await call(['echo', '7'], Readable.from([content]));
	const pieces: Buffer[] = [];
	out.on('data', (bytes: Buffer) => pieces.push(bytes));
	t.is(await exitCode, 7);
	t.true(Buffer.concat(pieces).equals(content));
});

test('a reader that reads nothing holds up its own command alone', async (t) => {
	const { relay } = await startGuest(t);
	const { call } = await relay();
	const slow = await call(['flood']);
	await eventually(() => slow.out.readableLength > 0);
	const { out, exitCode } = await call(['echo'], Readable.from([Buffer.from('quick')]));
	t.is(await exitCode, 0);
	t.is(String(out.read()), 'quick');
	t.true(slow.socket.bytesRead < 2 * windowBytes);
});

test('a client that goes away ends its command', async (t) => {
	const { relay, seen } = await startGuest(t);
	const { call } = await relay();
	const { close } = await call(['wait']);
	await eventually(() => seen.includes('start wait'));
	close();
	t.true(await eventually(() => seen.includes('reset wait')));
});

test('signals reach the guest', async (t) => {
	const { relay, seen } = await startGuest(t);
	const { call } = await relay();
	const { signal } = await call(['wait']);
	signal(2);
	t.true(await eventually(() => seen.includes('signal 2')));
});

test("calls end with an error when the guest's program starts anew, and the next call works", async (t) => {
	const { relay, restart, seen } = await startGuest(t);
	const { call } = await relay();
	const { exitCode } = await call(['wait']);
	await eventually(() => seen.includes('start wait'));
	restart();
	await t.throwsAsync(exitCode, { code: 'GUEST_FAILED', message: /its commands with it/ });
	t.is(await (await call(['exit', '3'])).exitCode, 3);
});

test('calls end with an error when the guest sends garbage, and the next call works', async (t) => {
	const { relay, guest, seen } = await startGuest(t);
	const { call } = await relay();
	const { exitCode } = await call(['wait']);
	await eventually(() => seen.includes('start wait'));
	guest.socket?.write(Buffer.alloc(100_000, 0xee));
	await t.throwsAsync(exitCode, { message: /no frame/ });
	t.is(await (await call(['exit', '3'])).exitCode, 3);
});

test('a guest that sends more than it may loses the client, and no memory is used for it', async (t) => {
	const { relay, guest, seen } = await startGuest(t);
	const { call } = await relay();
	const { exitCode, socket } = await call(['wait']);
	await eventually(() => seen.includes('start wait'));
	socket.pause();
	const frame = encodeFrame({ kind: channelKinds.stdout, stream: 1, payload: Buffer.alloc(maxPayloadBytes) });
	for (let count = 0; count < 300; count += 1) guest.socket?.write(frame);
	t.true(await eventually(() => seen.includes('reset wait')));
	socket.resume();
	await t.throwsAsync(exitCode);
});

test('a relay that takes the place of one killed in the middle of a frame works, and the old commands end', async (t) => {
	const { port, relay, seen } = await startGuest(t);
	await killedRelay(connect(port), seen);
	const { call } = await relay();
	t.is(await (await call(['exit', '4'])).exitCode, 4);
	t.true(seen.includes('reset wait'));
});

/** Speaks as a relay that runs a command, and dies in the middle of its next frame. */
async function killedRelay(socket: Socket, seen: readonly string[]): Promise<void> {
	const payload = Buffer.from(JSON.stringify({ args: ['wait'], terminal: null }));
	socket.write(encodeHello(Buffer.alloc(16, 9)));
	socket.write(encodeFrame({ kind: channelKinds.open, stream: 1, payload }));
	const data = encodeFrame({ kind: channelKinds.stdin, stream: 1, payload: Buffer.alloc(5000, 0x48) });
	socket.write(data.subarray(0, 3000));
	await eventually(() => seen.includes('start wait'));
	socket.destroy();
}

test('runRelay() ends with the machine, and tells its clients', async (t) => {
	const { relay, guest, seen } = await startGuest(t);
	const { call, ended } = await relay();
	const { exitCode } = await call(['wait']);
	await eventually(() => seen.includes('start wait'));
	guest.socket?.destroy();
	await t.throwsAsync(exitCode, { message: /the machine has ended/ });
	await t.notThrowsAsync(ended);
});

test('runRelay() ends when nobody needs it', async (t) => {
	const { relay } = await startGuest(t);
	const { ended } = await relay({ idleMs: 20 });
	await t.notThrowsAsync(ended);
});

test('a guest that does not answer is an error with the possible reasons', async (t) => {
	const folder = scratchFolder();
	const silent = createServer((socket) => {
		t.teardown(() => socket.destroy());
		socket.resume();
	});
	silent.listen(join(folder, 'silent'));
	t.teardown(() => silent.close());
	const { call } = await startRelay(t, join(folder, 'silent'), join(folder, 'relay'), {
		...times,
		answerMs: 50,
	});
	await t.throwsAsync((await call(['list'])).exitCode, { message: /does not answer.*virtio_console/ });
});

test('a guest of another version is an error that names both', async (t) => {
	const folder = scratchFolder();
	const other = createServer((socket) => {
		t.teardown(() => socket.destroy());
		const reader = createFrameReader(false);
		socket.on('data', (bytes: Buffer) => {
			for (const { payload } of reader.add(bytes))
				socket.write(encodeFrame({ kind: channelKinds.hello, code: 2, payload }));
		});
	});
	other.listen(join(folder, 'other'));
	t.teardown(() => other.close());
	const { call } = await startRelay(t, join(folder, 'other'), join(folder, 'relay'), times);
	await t.throwsAsync((await call(['list'])).exitCode, { message: /version 2 .* version 1/ });
});

test('callService() refuses a command line that is too long for a frame', (t) => {
	const input = null;
	const sinks = { out: new PassThrough(), err: new PassThrough() };
	t.throws(
		() => callService(new Socket(), { args: ['x'.repeat(40_000)], terminal: null }, { input, ...sinks }),
		{
			message: /longer than/,
		},
	);
});
