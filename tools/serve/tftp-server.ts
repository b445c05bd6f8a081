// The TFTP server of systems: it sends files and takes none. Each transfer has a socket of its own, as RFC 1350 asks for.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { hasCode } from '../../native/linux/has-code.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { printable } from '../../native/text/printable.ts';
import { type BootSettings, scriptPath } from './boot-answer.ts';
import { askingScript } from './boot-script.ts';
import type { FileServer } from './http-server.ts';
import { type ListenAddress, portText, startListening } from './listen-address.ts';
import type { ServedFile } from './served-files.ts';
import { chooseOptions, errorCodes, errorPacket, parseTftp, type TftpPacket } from './tftp-packets.ts';
import { sendByTftp, type TransferChannel } from './tftp-transfer.ts';

const maxTransfers = 256;
/** A client that has lost the first packet asks again; one that attacks must not use up all transfers. */
const maxTransfersOfClient = 16;
const maxWaitingPackets = 64;

type Read = Extract<TftpPacket, { readonly kind: 'read' }>;

interface TftpSettings extends Pick<BootSettings, 'files' | 'report'> {
	/** Returns the address of the HTTP server for the script of iPXE, as the client reaches it. */
	httpFor(client: string): Promise<string>;
}

/** Throws a `SlipwayError` when the port is taken or may not be used. */
export async function serveTftp(settings: TftpSettings, listen: ListenAddress): Promise<FileServer> {
	const transfers = new Map<Socket, string>();
	const server = await startListening(
		'--tftp',
		listen,
		async () => await boundSocket(listen.host, listen.port),
	);
	server.on('error', () => undefined);
	server.on('message', (bytes, client) => {
		const packet = parseTftp(bytes);
		const refuse = (code: number, why: string): void =>
			server.send(errorPacket(code, why), client.port, client.address);
		// Only requests come here, and an error is never answered (RFC 1350, 7).
		if (packet === null || packet.kind === 'error') return;
		if (packet.kind === 'write') return refuse(errorCodes.accessViolation, 'this server takes no files');
		if (packet.kind !== 'read') return refuse(errorCodes.unknownTransfer, 'there is no such transfer');
		if (packet.mode !== 'octet')
			return refuse(errorCodes.illegalOperation, 'files are sent in the mode octet (binary) only');
		const own = [...transfers.values()].filter((address) => address === client.address).length;
		if (transfers.size >= maxTransfers || own >= maxTransfersOfClient) return;
		const channel = createSocket(isIPv6(client.address) ? 'udp6' : 'udp4');
		transfers.set(channel, client.address);
		void transfer(settings, packet, client, channel).finally(() => transfers.delete(channel));
	});
	const { port } = server.address();
	settings.report({ event: 'listening', protocol: 'tftp', address: portText({ ...listen, port }) });
	return {
		port,
		async close() {
			for (const channel of transfers.keys()) closeSocket(channel);
			server.close();
			await once(server, 'close');
		},
	};
}

/** All addresses are those of IPv6 and IPv4 in one socket, where the kernel has IPv6. */
async function boundSocket(host: string | null, port: number): Promise<Socket> {
	for (const address of host === null ? ['::', '0.0.0.0'] : [host]) {
		const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
		try {
			socket.bind(port, address);
			await once(socket, 'listening');
			return socket;
		} catch (error) {
			closeSocket(socket);
			const isWithoutIpv6 = hasCode(error, 'EAFNOSUPPORT');
			if (!isWithoutIpv6 || address === '0.0.0.0') throw error;
		}
	}
	throw new Error('no address to listen on');
}

async function transfer(
	settings: TftpSettings,
	{ path, options }: Read,
	{ address, port }: RemoteInfo,
	socket: Socket,
): Promise<void> {
	const client = address.replace(/^::ffff:/, '');
	const shown = printable(path);
	const report = (outcome: string, bytes: number): void =>
		settings.report({ event: 'file', protocol: 'tftp', client, path: shown, bytes, outcome });
	let file: ServedFile | null = null;
	try {
		const channel = await openChannel(socket, address, port);
		file = await settings.files.open(path);
		const made = file === null && isScript(path) ? scriptFile(await settings.httpFor(client)) : null;
		const source = file ?? made;
		if (source === null) {
			channel.send(errorPacket(errorCodes.noFile, 'there is no such file'));
			report('there is no such file', 0);
			return;
		}
		const outcome = await sendByTftp(channel, source, chooseOptions(options, source.sizeBytes));
		report(outcome, source.sizeBytes);
	} catch (error) {
		report(`not sent: ${errorMessage(error)}`, 0);
	} finally {
		await file?.handle.close();
		closeSocket(socket);
	}
}

function isScript(path: string): boolean {
	return `/${path.replace(/^\/+/, '')}` === scriptPath;
}

/** The script as a source of bytes like a file. */
function scriptFile(server: string): Parameters<typeof sendByTftp>[1] {
	const bytes = Buffer.from(askingScript(server));
	const handle = {
		async read(buffer: Buffer, _offset: number, length: number, position: number) {
			return { buffer, bytesRead: bytes.copy(buffer, 0, position, position + length) };
		},
	};
	return { handle: handle as unknown as ServedFile['handle'], sizeBytes: bytes.length };
}

/** Connects the socket to the client, so that the kernel drops what comes from anywhere else. */
async function openChannel(socket: Socket, address: string, port: number): Promise<TransferChannel> {
	const waiting: TftpPacket[] = [];
	let wake: (() => void) | null = null;
	socket.on('error', () => undefined);
	socket.on('message', (bytes) => {
		const packet = parseTftp(bytes);
		if (packet === null || waiting.length >= maxWaitingPackets) return;
		waiting.push(packet);
		wake?.();
	});
	socket.on('close', () => wake?.());
	socket.connect(port, address);
	await once(socket, 'connect');
	return {
		// An unreachable client answers by ICMP, which fails the next send: silence tells the same.
		send: (packet) => socket.send(packet, () => undefined),
		async receive(timeoutMs) {
			if (waiting.length === 0) {
				await new Promise<void>((resolve) => {
					const timer = setTimeout(resolve, timeoutMs);
					wake = () => {
						clearTimeout(timer);
						resolve();
					};
				});
				wake = null;
			}
			return waiting.shift() ?? null;
		},
	};
}

/** A second close of a socket throws. */
function closeSocket(socket: Socket): void {
	try {
		socket.close();
	} catch {
		// It is closed.
	}
}
