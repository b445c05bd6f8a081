import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { serveTftp } from '../../../../tools/serve/tftp-server.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { servePlace } from './place.ts';

const run = promisify(execFile);

async function start(t: ExecutionContext, files: Readonly<Record<string, string | Buffer>>) {
	const place = await servePlace(t, files);
	const { settings } = place;
	const server = await serveTftp(
		{ ...settings, httpFor: async (client) => `http://${client}:8080` },
		{ host: '127.0.0.1', port: 0 },
	);
	t.teardown(() => server.close());
	const base = `tftp://127.0.0.1:${server.port}`;
	const curl = async (...args: readonly string[]): Promise<Buffer> =>
		(await run('curl', ['-sS', ...args], { encoding: 'buffer', maxBuffer: 2 ** 26 })).stdout;
	return { ...place, port: server.port, base, curl };
}

/** A client by hand: sends packets to where the last one came from, and gives the packets that come. */
async function client(t: ExecutionContext, port: number) {
	const socket = createSocket('udp4');
	t.teardown(() => socket.close());
	const packets: Buffer[] = [];
	let peer = port;
	socket.on('message', (bytes, { port: from }) => {
		packets.push(bytes);
		peer = from;
	});
	socket.bind(0, '127.0.0.1');
	await once(socket, 'listening');
	return {
		packets,
		send: (bytes: Buffer | string) => socket.send(Buffer.from(bytes as string, 'latin1'), peer, '127.0.0.1'),
		next: async (): Promise<Buffer> =>
			await eventually(() => packets.shift(), { pauseMs: 5, timeoutMs: 20_000 }),
	};
}

const read = (path: string, ...options: readonly string[]): string =>
	`\0\x01${[path, 'octet', ...options].map((text) => `${text}\0`).join('')}`;
const ack = (block: number): Buffer => Buffer.from([0, 4, (block >> 8) & 0xff, block & 0xff]);
const head = (packet: Buffer): number[] => [
	packet.readUInt16BE(0),
	packet.readUInt16BE(2),
	packet.length - 4,
];

/** CURLE_TFTP_NOTFOUND */
const tftpNotFound = 68;

for (const size of [0, 1, 511, 512, 513, 1_000_000]) {
	test(`serveTftp() sends ${size} bytes to curl`, async (t) => {
		const bytes = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 0xff));
		const { base, curl, events } = await start(t, { file: bytes });
		// curl takes no option tsize of 0.
		const forms = size === 0 ? [] : [[], ['--tftp-blksize', '1428']];
		for (const form of forms) t.true(bytes.equals(await curl(...form, `${base}/file`)));
		t.true(bytes.equals(await curl('--tftp-no-options', `${base}/file`)));
		const event = await eventually(() => events.find((each) => each.event === 'file'), { pauseMs: 5 });
		t.like(event, { protocol: 'tftp', path: 'file', bytes: size, outcome: 'sent', client: '127.0.0.1' });
	});
}

test('serveTftp() goes on after block 65535', async (t) => {
	const bytes = Buffer.alloc(8 * 70_000, 'abcdefg');
	const { base, curl } = await start(t, { file: bytes });
	t.true(bytes.equals(await curl('--tftp-blksize', '8', `${base}/file`)));
});

test('serveTftp() gives iPXE the script that asks over HTTP', async (t) => {
	const { base, curl } = await start(t, {});
	const script = (await curl(`${base}/boot.ipxe`)).toString();
	t.regex(script, /^#!ipxe\nchain --autofree http:\/\/127\.0\.0\.1:8080\/boot\.ipxe\?mac=/);
});

test('serveTftp() sends nothing from outside of the directory', async (t) => {
	const { base, curl, events } = await start(t, { file: 'x' });
	for (const path of ['no', '../../etc/passwd', '/etc/passwd'])
		await t.throwsAsync(curl('--path-as-is', `${base}/${path}`), { code: tftpNotFound });
	t.like(events.at(-1), { event: 'file', outcome: 'there is no such file', bytes: 0 });
});

test('serveTftp() agrees on options and sends windows (RFC 7440)', async (t) => {
	const { port } = await start(t, { file: Buffer.alloc(4500, 1) });
	const { send, next, packets } = await client(t, port);
	send(read('file', 'BLKSIZE', '1000', 'tsize', '0', 'windowsize', '2', 'timeout', '250', 'unknown', '1'));
	t.is(
		(await next()).toString('latin1'),
		'\0\x06blksize\x001000\0windowsize\x002\0timeout\x00250\0tsize\x004500\0',
	);
	send(ack(0));
	t.deepEqual(
		[head(await next()), head(await next())],
		[
			[3, 1, 1000],
			[3, 2, 1000],
		],
	);
	// Block 2 got lost: the window starts behind the block that arrived.
	send(ack(1));
	t.deepEqual(
		[head(await next()), head(await next())],
		[
			[3, 2, 1000],
			[3, 3, 1000],
		],
	);
	// An acknowledgement that comes twice repeats nothing.
	send(ack(1));
	send(ack(3));
	t.deepEqual(
		[head(await next()), head(await next())],
		[
			[3, 4, 1000],
			[3, 5, 500],
		],
	);
	send(ack(5));
	t.is(packets.length, 0);
});

test('serveTftp() keeps a window in 256 KiB, whatever a client asks for', async (t) => {
	const { port } = await start(t, { file: 'abc' });
	const agreed = async (blockBytes: string) => {
		const { send, next } = await client(t, port);
		send(read('file', 'blksize', blockBytes, 'windowsize', '65535'));
		return Number(/windowsize\0(\d+)\0/.exec((await next()).toString('latin1'))?.[1]);
	};
	t.is(await agreed('512'), 64);
	t.is(await agreed('8192'), 32);
	t.is(await agreed('65464'), 4);
});

test('serveTftp() repeats what is not acknowledged, and leaves out options with wrong values', async (t) => {
	const { port } = await start(t, { file: 'abc' });
	const { send, next } = await client(t, port);
	send(read('file', 'blksize', '7', 'windowsize', '0', 'timeout', '1000', 'tsize', '0'));
	t.is((await next()).toString('latin1'), '\0\x06tsize\x003\0');
	t.is((await next()).toString('latin1'), '\0\x06tsize\x003\0', 'after a second of silence');
	send(ack(0));
	t.deepEqual(head(await next()), [3, 1, 3]);
	t.deepEqual(head(await next()), [3, 1, 3]);
	send(ack(1));
});

test('serveTftp() ends a transfer when the client does', async (t) => {
	const { port, events } = await start(t, { file: Buffer.alloc(2000) });
	const { send, next } = await client(t, port);
	send(read('file'));
	await next();
	send(Buffer.from('\0\x05\0\x03disk full\0', 'latin1'));
	const event = await eventually(() => events.find((each) => each.event === 'file'), { pauseMs: 5 });
	t.is(event.event === 'file' ? event.outcome : '', 'the client ended it: disk full');
});

const refused: readonly [title: string, packet: string, code: number][] = [
	['a file to write', '\0\x02file\0octet\0', 2],
	['the mode netascii', '\0\x01file\0netascii\0', 4],
	['an acknowledgement of no transfer', '\0\x04\0\x01', 5],
];
for (const [title, packet, code] of refused) {
	test(`serveTftp() refuses ${title}`, async (t) => {
		const { port } = await start(t, { file: 'x' });
		const { send, next } = await client(t, port);
		send(packet);
		t.deepEqual(head(await next()).slice(0, 2), [5, code]);
	});
}

test('serveTftp() does not answer what is no request, and goes on', async (t) => {
	const { port } = await start(t, { file: 'x' });
	const { send, next, packets } = await client(t, port);
	for (const bytes of [
		'',
		'\0',
		'\0\x01',
		'\0\x01file',
		'\0\x05\0\x01no\0',
		'\xff\xff\xff\xff',
		'x'.repeat(2000),
	])
		send(bytes);
	send(read('file'));
	t.deepEqual(head(await next()), [3, 1, 1]);
	t.is(packets.length, 0);
	send(ack(1));
});

test('serveTftp() has a limit of transfers for a client', async (t) => {
	const { port } = await start(t, { file: 'x' });
	const clients = await Promise.all(Array.from({ length: 20 }, async () => await client(t, port)));
	for (const { send } of clients) send(read('file'));
	await eventually(() => clients.filter(({ packets }) => packets.length > 0).length === 16, { pauseMs: 5 });
	const unanswered = clients.filter(({ packets }) => packets.length === 0);
	t.is(unanswered.length, 4);
	clients.find(({ packets }) => packets.length > 0)?.send(ack(1));
	await eventually(
		() => {
			unanswered[0]?.send(read('file'));
			return (unanswered[0]?.packets.length ?? 0) > 0;
		},
		{ pauseMs: 50 },
	);
});
