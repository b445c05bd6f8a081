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

/** Everything that comes until `lines` lines are there, or the end. */
async function say(t: ExecutionContext, path: string, text: string, lines: number): Promise<unknown[]> {
	const socket = await open(t, path);
	socket.write(text);
	let heard = '';
	for await (const part of socket.setEncoding('utf8')) {
		heard += String(part);
		if (heard.split('\n').length > lines) break;
	}
	return heard
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

test('openControlServer() greets, answers with the id, and is for its owner alone', async (t) => {
	const path = start(t, async (request) => `did ${request.command}`);
	t.deepEqual(await say(t, path, '{"id":1,"command":"list"}\n', 2), [
		{ slipway: 1 },
		{ id: 1, result: 'did list' },
	]);
	t.is(statSync(path).mode & 0o777, 0o600);
});

test('openControlServer() tells errors by their code', async (t) => {
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

test('openControlServer() survives garbage and half lines, and goes on', async (t) => {
	const path = start(t, async () => null);
	const garbage = Buffer.from([0xff, 0, 0x7b, 0x0a, 0x0a, 0x80]).toString('latin1');
	const heard = await say(t, path, `${garbage}\n{"id":1,"com`, 3);
	t.true(
		heard.slice(1).every((line) => (line as { error?: { code: string } }).error?.code === 'bad-request'),
	);
	t.deepEqual((await say(t, path, '{"id":1,"command":"list"}\n', 2))[1], { id: 1, result: null });
});

test('openControlServer() cuts off who writes a line without an end', async (t) => {
	const path = start(t, async () => null);
	const heard = await say(t, path, 'x'.repeat(maxRequestBytes + 1), 9);
	t.like(heard[1], {
		error: { code: 'bad-request', message: `a line of more than ${maxRequestBytes} bytes` },
	});
});

test('openControlServer() tells a handler that its asker has gone', async (t) => {
	const { promise, resolve } = Promise.withResolvers<void>();
	const path = start(t, async (_request, tell, gone) => {
		tell({ event: 'ready', at: 1, msg: 'every service runs' });
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

test('openControlServer() cuts off who does not read', async (t) => {
	const { promise, resolve } = Promise.withResolvers<void>();
	const path = start(t, async (_request, tell, gone) => {
		const msg = 'x'.repeat(64 * 1024);
		while (!gone.aborted) {
			tell({ event: 'ready', at: 1, msg });
			await new Promise(setImmediate);
		}
		resolve();
	});
	const socket = await open(t, path);
	socket.pause();
	socket.write('{"id":1,"command":"events","follow":true}\n');
	await t.notThrowsAsync(promise);
});

test('openControlServer() tells trouble instead of throwing it', async (t) => {
	const { promise, resolve } = Promise.withResolvers<Error>();
	openControlServer('/proc/nowhere/control.sock', async () => null, resolve);
	t.true((await promise) instanceof Error);
});
