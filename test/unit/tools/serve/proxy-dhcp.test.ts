import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { answerLimit } from '../../../../tools/serve/answer-limit.ts';
import type { BootSettings } from '../../../../tools/serve/boot-answer.ts';
import { bootReplyPacket, parseBootQuery } from '../../../../tools/serve/dhcp-packets.ts';
import { serveProxyDhcp } from '../../../../tools/serve/proxy-dhcp.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { servePlace } from './place.ts';

interface QueryOptions {
	readonly type?: number;
	readonly architecture?: number;
	readonly vendorClass?: string;
	readonly userClass?: string;
	readonly clientAddress?: readonly number[];
}

/** A packet as PXE's ROMs send it (RFC 4578). */
function query(given: QueryOptions = {}): Buffer {
	const packet = Buffer.alloc(236);
	Buffer.from([1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0x80, 0]).copy(packet);
	Buffer.from(given.clientAddress ?? [0, 0, 0, 0]).copy(packet, 12);
	Buffer.from('525400123456', 'hex').copy(packet, 28);
	const option = (code: number, value: Buffer | string): Buffer => {
		const bytes = Buffer.from(value as string, 'latin1');
		return Buffer.concat([Buffer.from([code, bytes.length]), bytes]);
	};
	return Buffer.concat([
		packet,
		Buffer.from([99, 130, 83, 99]),
		option(53, Buffer.from([given.type ?? 1])),
		Buffer.from([0, 0]),
		option(60, given.vendorClass ?? 'PXEClient:Arch:00000:UNDI:002001'),
		...(given.userClass === undefined ? [] : [option(77, given.userClass)]),
		option(93, Buffer.from([0, given.architecture ?? 0])),
		option(97, `\0${'u'.repeat(16)}`),
		Buffer.from([255]),
	]);
}

/** The options of a packet by their codes, read apart from the product. */
function optionsOf(packet: Buffer): Map<number, Buffer> {
	const found = new Map<number, Buffer>();
	for (let at = 240; packet[at] !== 255; at += 2 + (packet[at + 1] ?? 0))
		found.set(packet[at] ?? 0, packet.subarray(at + 2, at + 2 + (packet[at + 1] ?? 0)));
	return found;
}

/** Returns a socket on a free port of the loopback. */
async function freeSocket(t: ExecutionContext): Promise<Socket> {
	const socket = createSocket('udp4');
	t.teardown(() => socket.close());
	socket.bind(0, '127.0.0.1');
	await once(socket, 'listening');
	return socket;
}

async function freePort(): Promise<number> {
	const socket = createSocket('udp4');
	socket.bind(0);
	await once(socket, 'listening');
	const { port } = socket.address();
	socket.close();
	await once(socket, 'close');
	return port;
}

async function start(
	t: ExecutionContext,
	files: Readonly<Record<string, string | Buffer>>,
	given: Partial<BootSettings> = {},
) {
	const { settings, events } = await servePlace(t, files, given);
	const client = await freeSocket(t);
	const ports = { server: await freePort(), pxe: await freePort(), client: client.address().port };
	const server = await serveProxyDhcp({ ...settings, httpPort: 8080, addresses: ['127.0.0.1'], ports });
	t.teardown(() => server.close());
	const packets: Buffer[] = [];
	client.on('message', (bytes) => packets.push(bytes));
	return {
		events,
		ports,
		packets,
		send: (bytes: Buffer, port = ports.server) => client.send(bytes, port, '127.0.0.1'),
		next: async () => await eventually(() => packets.shift(), { pauseMs: 5, timeoutMs: 20_000 }),
	};
}

const clientAddress = [127, 0, 0, 1];
const answers: readonly [title: string, query: QueryOptions, file: string, vendorClass: string][] = [
	['BIOS', {}, 'undionly.kpxe', 'PXEClient'],
	['UEFI', { architecture: 7 }, 'ipxe.efi', 'PXEClient'],
	['UEFI (9)', { architecture: 9 }, 'ipxe.efi', 'PXEClient'],
	[
		'HTTP boot of UEFI',
		{ architecture: 16, vendorClass: 'HTTPClient:Arch:00016' },
		'http://127.0.0.1:8080/ipxe.efi',
		'HTTPClient',
	],
	['iPXE', { userClass: 'iPXE' }, 'http://127.0.0.1:8080/boot.ipxe', 'PXEClient'],
	['iPXE (RFC 3004)', { userClass: '\x04iPXE' }, 'http://127.0.0.1:8080/boot.ipxe', 'PXEClient'],
];
for (const [title, given, file, vendorClass] of answers) {
	test(`serveProxyDhcp() names the first file to ${title}`, async (t) => {
		const { send, next, events } = await start(t, { 'undionly.kpxe': 'x', 'ipxe.efi': 'x' });
		send(query({ ...given, clientAddress }));
		const packet = await next();
		const options = optionsOf(packet);
		t.is(packet[0], 2);
		t.is(packet.readUInt32BE(4), 0xdeadbeef);
		t.is(packet.readUInt32BE(16), 0, 'it gives no address');
		t.deepEqual([...packet.subarray(20, 24)], [127, 0, 0, 1]);
		t.is(packet.subarray(28, 34).toString('hex'), '525400123456');
		t.is(packet.subarray(108, 236).toString().replaceAll('\0', ''), file);
		t.deepEqual([...(options.get(53) ?? [])], [2]);
		t.is(options.get(60)?.toString(), vendorClass);
		t.is(options.get(67)?.toString(), file);
		t.is(options.get(97)?.length, 17);
		t.like(events.at(-1), { event: 'dhcp', mac: '52:54:00:12:34:56', file: file.split('/').at(-1) });
	});
}

/** The header of an EFI program. */
function program(peMachine: number): Buffer {
	const bytes = Buffer.alloc(0x48);
	bytes.write('MZ');
	bytes.writeUInt32LE(0x40, 0x3c);
	bytes.write('PE\0\0', 0x40, 'latin1');
	bytes.writeUInt16LE(peMachine, 0x44);
	return bytes;
}

const [forAmd64, forArm64] = [program(0x8664), program(0xaa64)];
const mac = '52:54:00:12:34:56';
const machine = { name: 'a', mac, uuid: null, system: null, append: '', hostname: null, userData: null };
const httpChoices: readonly [
	title: string,
	architecture: number,
	given: Partial<BootSettings>,
	file: string,
][] = [
	['the only system for its processor', 16, {}, 'web.efi'],
	['the only system for arm64', 19, {}, 'arm.efi'],
	['the system of --system', 16, { system: 'web' }, 'web.efi'],
	['the system of the machine', 16, { machines: [{ ...machine, system: 'web' }] }, 'web.efi'],
	[
		'the system of the machine with this UUID',
		16,
		{ machines: [{ ...machine, mac: null, uuid: '75757575-7575-7575-7575-757575757575', system: 'web' }] },
		'web.efi',
	],
	['iPXE for a system of another processor', 16, { system: 'arm' }, 'ipxe.efi'],
	['iPXE for words on the command line', 16, { machines: [{ ...machine, append: 'quiet' }] }, 'ipxe.efi'],
	['iPXE for metadata', 16, { machines: [{ ...machine, hostname: 'a' }] }, 'ipxe.efi'],
	['iPXE without such a system', 16, { system: 'db' }, 'ipxe.efi'],
];
for (const [title, architecture, given, file] of httpChoices) {
	test(`serveProxyDhcp() names to HTTP boot ${title}`, async (t) => {
		const files = { 'web.efi': forAmd64, 'arm.efi': forArm64, 'ipxe.efi': forAmd64, 'text.efi': 'x' };
		const { send, next } = await start(t, files, given);
		send(query({ architecture, vendorClass: 'HTTPClient', clientAddress }));
		t.is(
			optionsOf(await next())
				.get(67)
				?.toString(),
			`http://127.0.0.1:8080/${file}`,
		);
	});
}

test('parseBootQuery() reads the UUID with its first three numbers reversed', (t) => {
	const packet = query();
	const at = packet.indexOf('u'.repeat(16));
	Buffer.from('00112233445566778899aabbccddeeff', 'hex').copy(packet, at);
	t.is(parseBootQuery(packet)?.uuid, '33221100-5544-7766-8899-aabbccddeeff');
});

test('answerLimit() lets 20 answers a second go to an address, and others go on', (t) => {
	let nowMs = 0;
	const mayAnswer = answerLimit(() => nowMs);
	const allowed = (address: string) =>
		Array.from({ length: 50 }, () => mayAnswer(address)).filter((each) => each).length;
	t.is(allowed('192.0.2.1'), 20);
	t.is(allowed('192.0.2.2'), 20);
	nowMs = 999;
	t.is(allowed('192.0.2.1'), 0);
	nowMs = 1000;
	t.is(allowed('192.0.2.1'), 20);
});

test('serveProxyDhcp() leaves a request for an address to the server of addresses', async (t) => {
	const { send, next, packets } = await start(t, { 'undionly.kpxe': 'x' });
	send(query({ type: 3, clientAddress }));
	send(query({ clientAddress }));
	t.deepEqual([...(optionsOf(await next()).get(53) ?? [])], [2], 'an offer');
	t.is(packets.length, 0);
});

test('serveProxyDhcp() acknowledges a request to the port of PXE where it came from', async (t) => {
	const { send, next, ports } = await start(t, { 'undionly.kpxe': 'x' });
	send(query({ type: 3 }), ports.pxe);
	const options = optionsOf(await next());
	t.deepEqual([...(options.get(53) ?? [])], [5]);
	t.is(options.get(67)?.toString(), 'undionly.kpxe');
});

test('serveProxyDhcp() does not answer others, and says which file it lacks', async (t) => {
	const { send, next, events, packets } = await start(t, { 'ipxe.efi': 'x' });
	const cut = query({ clientAddress });
	const reply = Buffer.from(cut);
	reply[0] = 2;
	for (const bytes of [
		Buffer.alloc(0),
		cut.subarray(0, 239),
		reply,
		query({ vendorClass: 'MSFT 5.0', clientAddress }),
	])
		send(bytes);
	send(query({ clientAddress }));
	send(query({ architecture: 6, clientAddress }));
	send(query({ architecture: 11, clientAddress }));
	send(query({ architecture: 9, clientAddress }));
	await next();
	t.is(packets.length, 0);
	const problems = await eventually(
		() => {
			const found = events.flatMap((each) => (each.event === 'dhcp' ? [String(each.problem)] : []));
			return found.length === 4 && found.sort();
		},
		{ pauseMs: 5 },
	);
	const where = 'install the package ipxe, or put the file into the directory that is served';
	t.deepEqual(problems, [
		"ipxe-arm64.efi is not there: Debian's package ipxe does not have it. Put one that is built from iPXE's sources into the directory " +
			'that is served, or let the firmware boot a uki by HTTP',
		'null',
		'there is no iPXE for this firmware',
		`undionly.kpxe is not there: ${where}`,
	]);
});

test('serveProxyDhcp() says why it may not listen', async (t) => {
	const { settings } = await servePlace(t, {});
	const other = await freeSocket(t);
	const { port } = other.address();
	const ports = { server: port, pxe: port, client: 68 };
	const error = await t.throwsAsync(
		serveProxyDhcp({ ...settings, httpPort: 8080, addresses: ['127.0.0.1'], ports }),
	);
	t.regex(
		error.message,
		/^--dhcp 127\.0\.0\.1:\d+: another program listens there\. Without --dhcp, let the DHCP server/,
	);
});

test('parseBootQuery() ends at an option that is cut short', (t) => {
	const packet = query();
	t.is(parseBootQuery(packet)?.architecture, 0);
	for (let length = 0; length < packet.length; length += 1)
		t.notThrows(() => parseBootQuery(packet.subarray(0, length)));
	const long = Buffer.concat([packet.subarray(0, -1), Buffer.from([12, 200, 1])]);
	t.is(parseBootQuery(long)?.mac, '52:54:00:12:34:56');
});

test('bootReplyPacket() has a name of up to 255 bytes, as an option alone when it is long', (t) => {
	const parsed = parseBootQuery(query());
	if (parsed === null) return t.fail();
	const packet = bootReplyPacket(parsed, { server: '192.0.2.1', bootFile: 'x'.repeat(300) });
	t.is(packet[108], 0);
	t.is(optionsOf(packet).get(67)?.length, 255);
});
