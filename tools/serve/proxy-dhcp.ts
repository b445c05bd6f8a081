// Answers machines that boot from the network, beside the DHCP server that gives them addresses: it names the first file, and nothing
// else (PXE 2.1, proxy DHCP). It gives no address, so it can't take the network away from anybody.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { errorMessage } from '../../native/text/error-message.ts';
import { type Processor, processors } from '../../supervisor/contract/processors.ts';
import { answerLimit } from './answer-limit.ts';
import { type BootSettings, scriptPath } from './boot-answer.ts';
import { type BootQuery, bootReplyPacket, parseBootQuery } from './dhcp-packets.ts';
import { systemProgram } from './efi-choice.ts';
import { startListening } from './listen-address.ts';
import { isInPackage, isServed } from './served-files.ts';

export interface ProxyDhcpSettings extends BootSettings {
	/** Of the HTTP server. */
	readonly httpPort: number;
	/** The addresses of this host on the networks that are served. */
	readonly addresses: readonly string[];
	/** 67 and 4011 but in tests. */
	readonly ports?: { readonly server: number; readonly pxe: number; readonly client: number };
}

const standardPorts = { server: 67, pxe: 4011, client: 68 } as const;

const advice =
	'Without --dhcp, let the DHCP server of the network name the boot file (see "slipway serve --help").';

interface Firmware {
	readonly name: string;
	/** The program that its PXE, or HTTP boot, loads; null when there is none for it. */
	readonly program: string | null;
	/** The processor of the programs that its HTTP boot loads; absent for one that has none. */
	readonly http?: Processor;
}

/** IANA's "Processor Architecture Types". UEFI for 64 bits came as 7 before it was 9. */
const firmwares: ReadonlyMap<number, Firmware> = new Map([
	[0, { name: 'x86 BIOS', program: 'undionly.kpxe' }],
	[6, { name: 'x86 UEFI, 32 bits', program: null }],
	[7, { name: 'x86 UEFI', program: 'ipxe.efi' }],
	[9, { name: 'x86 UEFI', program: 'ipxe.efi' }],
	[11, { name: 'arm64 UEFI', program: 'ipxe-arm64.efi' }],
	[16, { name: 'x86 UEFI by HTTP', program: 'ipxe.efi', http: processors.amd64 }],
	[19, { name: 'arm64 UEFI by HTTP', program: 'ipxe-arm64.efi', http: processors.arm64 }],
]);

/** Returns the IPv4 addresses of this host but those of the loopback. */
export function ownAddresses(): string[] {
	const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
	return all.flatMap(({ address, family, internal }) => (family === 'IPv4' && !internal ? [address] : []));
}

/** Throws a `SlipwayError` that says why when it may not listen on the ports of DHCP. */
export async function serveProxyDhcp(settings: ProxyDhcpSettings): Promise<{ close(): Promise<void> }> {
	const { report, addresses, ports = standardPorts } = settings;
	const mayAnswer = answerLimit(() => performance.now());
	const sockets: Socket[] = [];
	const close = async (): Promise<void> => {
		for (const socket of sockets) socket.close();
	};
	const open = async (host: string, port: number): Promise<Socket> => {
		const socket = createSocket({ type: 'udp4', reuseAddr: true });
		sockets.push(socket);
		const start = async (): Promise<void> => {
			socket.bind(port, host);
			await once(socket, 'listening');
		};
		await startListening('--dhcp', { host, port }, start, advice);
		socket.on('error', () => undefined);
		socket.setBroadcast(true);
		return socket;
	};
	try {
		// A packet for everybody from a socket with an address leaves by that address's network.
		const senders = new Map<string, Socket>();
		for (const address of addresses) senders.set(address, await open(address, ports.server));
		const receivers = [await open('0.0.0.0', ports.server), await open('0.0.0.0', ports.pxe)];
		for (const socket of [...receivers, ...senders.values()]) {
			socket.on('message', (bytes, client) => {
				const query = parseBootQuery(bytes);
				if (query === null) return;
				// Port 4011 is asked directly, and answers so.
				const direct = socket === receivers[1] ? { port: client.port, address: client.address } : null;
				// A request to all is for the server that gives addresses. An answer without one would be taken for its own.
				if (direct === null && query.kind === 'request') return;
				const { port, address } = direct ?? placeOf(query, ports);
				if (!mayAnswer(address)) return;
				void answer(settings, query, (reply) => {
					for (const [own, sender] of senders)
						(direct === null ? sender : socket).send(reply(own), port, address, () => undefined);
				});
			});
		}
		report({ event: 'listening', protocol: 'dhcp', address: `0.0.0.0:${ports.server}` });
	} catch (error) {
		await close();
		throw error;
	}
	return { close };
}

/** Where an answer goes (RFC 2131, 4.1): to the relay, to the client's address, or to everybody as long as it has none. */
function placeOf(
	{ relay, clientAddress }: BootQuery,
	ports: { readonly server: number; readonly client: number },
): { readonly address: string; readonly port: number } {
	if (relay !== null) return { address: relay, port: ports.server };
	return { address: clientAddress ?? '255.255.255.255', port: ports.client };
}

async function answer(
	settings: ProxyDhcpSettings,
	query: BootQuery,
	send: (reply: (address: string) => Buffer) => void,
): Promise<void> {
	const { files, report, httpPort } = settings;
	const firmware = firmwares.get(query.architecture);
	const { name, program }: Firmware = firmware ?? {
		name: `architecture ${query.architecture}`,
		program: null,
	};
	const who = { event: 'dhcp', mac: query.mac, firmware: query.isIpxe ? `iPXE on ${name}` : name } as const;
	try {
		const isHttp = query.vendorClass === 'HTTPClient' && !query.isIpxe && firmware?.http !== undefined;
		const own = isHttp ? await systemProgram(settings, query, firmware.http) : null;
		const file = own ?? (query.isIpxe ? scriptPath.slice(1) : program);
		if (file === null) {
			report({ ...who, file: null, problem: 'there is no iPXE for this firmware' });
			return;
		}
		if (!query.isIpxe && !(await isServed(files, file))) {
			const place = 'the directory that is served';
			const hint = isInPackage(file)
				? `install the package ipxe, or put the file into ${place}`
				: `Debian's package ipxe does not have it. Put one that is built from iPXE's sources into ${place}, or let the firmware boot a uki by HTTP`;
			report({ ...who, file: null, problem: `${file} is not there: ${hint}` });
			return;
		}
		// iPXE and UEFI's HTTP boot take a URL; PXE has TFTP alone.
		const isUrl = query.isIpxe || query.vendorClass === 'HTTPClient';
		send((address) =>
			bootReplyPacket(query, {
				server: address,
				bootFile: isUrl ? `http://${address}:${httpPort}/${file}` : file,
			}),
		);
		report({ ...who, file, problem: null });
	} catch (error) {
		report({ ...who, file: null, problem: errorMessage(error) });
	}
}
