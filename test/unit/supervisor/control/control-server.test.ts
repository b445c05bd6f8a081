import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { maxRequestBytes } from '../../../../supervisor/contract/protocol.ts';
import {
	ControlError,
	type HandleRequest,
	openControlServer,
} from '../../../../supervisor/control/control-server.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

function start(t: ExecutionContext, handle: HandleRequest): string {
	const path = join(scratchFolder(t), 'run/control.sock');
	const server = openControlServer(path, handle, (error) => t.fail(String(error)));
	t.teardown(() => server.close());
	return path;
}

/** Sends the text. Returns the answers once there are `lines` lines, or the connection has ended. */
async function say(t: ExecutionContext, path: string, text: string, lines: number): Promise<unknown[]> {
	const socket = await open(t, path);
	socket.write(text);
	let received = '';
	for await (const part of socket.setEncoding('utf8')) {
		received += String(part);
		if (received.split('\n').length > lines) break;
	}
	return received
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => JSON.parse(line) as unknown);
}

async function open(t: ExecutionContext, path: string): Promise<Socket> {
	const socket = connect(path);
	t.teardown(() => socket.destroy());
	await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
	return socket;
}

test('openControlServer() greets, answers with the id, and serves only its owner', async (t) => {
	const path = start(t, async (request) => `did ${request.command}`);
	t.deepEqual(await say(t, path, '{"id":1,"command":"list"}\n', 2), [
		{ slipway: 1 },
		{ id: 1, result: 'did list' },
	]);
	t.is(statSync(path).mode & 0o777, 0o600);
});

test('openControlServer() answers errors with their code', async (t) => {
	const path = start(t, async (request) => {
		if (request.command === 'list') throw new Error('it broke');
		throw new ControlError('unknown-service', 'There is no service "x".');
	});
	const [, first, second] = await say(
		t,
		path,
		'{"id":1,"command":"list"}\n{"id":2,"command":"status","name":"x"}\n',
		3,
	);
	t.deepEqual(first, { id: 1, error: { code: 'failed', message: 'it broke' } });
	t.deepEqual(second, { id: 2, error: { code: 'unknown-service', message: 'There is no service "x".' } });
});

test('openControlServer() survives garbage and incomplete lines', async (t) => {
	const path = start(t, async () => null);
	const garbage = Buffer.from([0xff, 0, 0x7b, 0x0a, 0x0a, 0x80]).toString('latin1');
	const received = await say(t, path, `${garbage}\n{"id":1,"com`, 3);
	t.true(
		received.slice(1).every((line) => (line as { error?: { code: string } }).error?.code === 'bad-request'),
	);
	t.deepEqual((await say(t, path, '{"id":1,"command":"list"}\n', 2))[1], { id: 1, result: null });
});

test('openControlServer() closes the connection of a client that sends an endless line', async (t) => {
	const path = start(t, async () => null);
	const received = await say(t, path, 'x'.repeat(maxRequestBytes + 1), 9);
	t.like(received[1], {
		error: { code: 'bad-request', message: `a line of more than ${maxRequestBytes} bytes` },
	});
});

test('openControlServer() aborts a handler whose client has gone', async (t) => {
	const { promise, resolve } = Promise.withResolvers<void>();
	const path = start(t, async (_request, sendEvent, gone) => {
		sendEvent({ event: 'ready', at: 1, msg: 'every service runs' });
		await new Promise<void>((aborted) => gone.addEventListener('abort', () => aborted()));
		resolve();
	});
	const socket = await open(t, path);
	socket.write('{"id":1,"command":"events","follow":true}\n');
	socket.on('data', (bytes) => {
		if (String(bytes).includes('"event"')) socket.destroy();
	});
	await t.notThrowsAsync(promise);
});

test('openControlServer() closes the connection of a client that does not read', async (t) => {
	const { promise, resolve } = Promise.withResolvers<void>();
	const path = start(t, async (_request, sendEvent, gone) => {
		const msg = 'x'.repeat(64 * 1024);
		while (!gone.aborted) {
			sendEvent({ event: 'ready', at: 1, msg });
			await new Promise(setImmediate);
		}
		resolve();
	});
	const socket = await open(t, path);
	socket.pause();
	socket.write('{"id":1,"command":"events","follow":true}\n');
	await t.notThrowsAsync(promise);
});

test('openControlServer() reports trouble instead of throwing it', async (t) => {
	const { promise, resolve } = Promise.withResolvers<Error>();
	openControlServer('/proc/nowhere/control.sock', async () => null, resolve);
	t.true((await promise) instanceof Error);
});
