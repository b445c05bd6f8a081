// The packets of DHCP (RFC 2131, 2132) with the options of network boot (RFC 4578, 3004), as a proxy needs them: one that names a
// boot file and gives no addresses (PXE 2.1, 2.2.3).

import { isIPv4 } from 'node:net';

export interface BootQuery {
	/** `discover` is broadcast by all; `request` is what PXE asks the proxy's own port, 4011, and all ask the server of addresses. */
	readonly kind: 'discover' | 'request';
	readonly transaction: Buffer;
	/** With colons. */
	readonly mac: string;
	/** What the client asks for: PXE, or UEFI's HTTP boot. */
	readonly vendorClass: 'PXEClient' | 'HTTPClient';
	readonly isIpxe: boolean;
	/** RFC 4578, 2.1, as IANA's registry goes on. */
	readonly architecture: number;
	/** The client's address once it has one, else null. */
	readonly clientAddress: string | null;
	/** The relay that has passed it on, else null. */
	readonly relay: string | null;
	/** The bytes that a reply repeats: flags, hardware type and address, and the client's UUID (option 97), if any. */
	readonly flags: Buffer;
	readonly hardware: Buffer;
	readonly hardwareType: Buffer;
	readonly uuidOption: Buffer | null;
	/** The same as a text in lower case, as SMBIOS is read. */
	readonly uuid: string | null;
}

const fixedBytes = 236;
const cookie = Buffer.from([99, 130, 83, 99]);
const maxPacketBytes = 1500;
const options = {
	pad: 0,
	vendorOptions: 43,
	messageType: 53,
	server: 54,
	vendorClass: 60,
	bootFile: 67,
	userClass: 77,
	architecture: 93,
	uuid: 97,
	end: 255,
} as const;
const [discover, offer, request, acknowledge] = [1, 2, 3, 5] as const;

/** Returns null for what is no request of a client that boots from the network. */
export function parseBootQuery(packet: Buffer): BootQuery | null {
	if (packet.length < fixedBytes + 4 || packet.length > maxPacketBytes) return null;
	const [operation, hardwareKind, hardwareLength = 0] = packet;
	if (operation !== 1 || hardwareKind !== 1 || hardwareLength !== 6) return null;
	if (!packet.subarray(fixedBytes, fixedBytes + 4).equals(cookie)) return null;
	const found = parseOptions(packet.subarray(fixedBytes + 4));
	const type = found.get(options.messageType)?.[0];
	const vendorClass = found.get(options.vendorClass)?.toString('latin1').split(':')[0];
	const client = found.get(options.uuid);
	const uuidOption = client !== undefined && client.length === 17 ? client : null;
	if (type !== discover && type !== request) return null;
	if (vendorClass !== 'PXEClient' && vendorClass !== 'HTTPClient') return null;
	const architecture = found.get(options.architecture);
	return {
		kind: type === discover ? 'discover' : 'request',
		transaction: packet.subarray(4, 8),
		mac: packet
			.subarray(28, 34)
			.toString('hex')
			.replaceAll(/..(?!$)/g, '$&:'),
		vendorClass,
		isIpxe: isIpxe(found.get(options.userClass)),
		architecture: architecture !== undefined && architecture.length >= 2 ? architecture.readUInt16BE(0) : 0,
		clientAddress: addressAt(packet, 12),
		relay: addressAt(packet, 24),
		flags: packet.subarray(10, 12),
		hardware: packet.subarray(28, 44),
		hardwareType: packet.subarray(1, 3),
		uuidOption,
		uuid: uuidOption === null ? null : uuidText(uuidOption.subarray(1)),
	};
}

/** The first three numbers have their low byte first (RFC 4578, 2.3; SMBIOS 7.2.1). */
function uuidText(bytes: Buffer): string {
	const parts = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)].map((part) =>
		Buffer.from(part).reverse().toString('hex'),
	);
	return [...parts, bytes.toString('hex', 8, 10), bytes.toString('hex', 10, 16)].join('-');
}

/** RFC 3004 has a length before the word; iPXE sends the word alone. */
function isIpxe(userClass: Buffer | undefined): boolean {
	return userClass !== undefined && /^.?iPXE$/s.test(userClass.toString('latin1'));
}

/** The first of several options with one code counts. One that is cut short ends the list. */
function parseOptions(bytes: Buffer): ReadonlyMap<number, Buffer> {
	const found = new Map<number, Buffer>();
	for (let at = 0; at < bytes.length; ) {
		const code = bytes[at] ?? options.end;
		if (code === options.end) break;
		if (code === options.pad) {
			at += 1;
			continue;
		}
		const length = bytes[at + 1] ?? 256;
		if (at + 2 + length > bytes.length) break;
		if (!found.has(code)) found.set(code, bytes.subarray(at + 2, at + 2 + length));
		at += 2 + length;
	}
	return found;
}

function addressAt(packet: Buffer, at: number): string | null {
	const address = [...packet.subarray(at, at + 4)].join('.');
	return address === '0.0.0.0' ? null : address;
}

export interface BootReply {
	/** The server's address, four numbers with dots. */
	readonly server: string;
	/** A name for TFTP, or a URL; at most 255 bytes of ASCII. */
	readonly bootFile: string;
}

/** The PXE client takes the boot file of this very packet and asks no other server (PXE 2.1, PXE_DISCOVERY_CONTROL, bit 3). */
const takeThisFile = Buffer.from([6, 1, 8, 255]);

/** Returns the packet that names the boot file: an offer to what was broadcast, else an acknowledgement. */
export function bootReplyPacket(query: BootQuery, { server, bootFile }: BootReply): Buffer {
	if (!isIPv4(server)) throw new Error(`${server} is no IPv4 address`);
	const address = Buffer.from(server.split('.').map(Number));
	const packet = Buffer.alloc(fixedBytes);
	packet[0] = 2;
	query.hardwareType.copy(packet, 1);
	query.transaction.copy(packet, 4);
	query.flags.copy(packet, 10);
	if (query.clientAddress !== null) Buffer.from(query.clientAddress.split('.').map(Number)).copy(packet, 12);
	address.copy(packet, 20);
	if (query.relay !== null) Buffer.from(query.relay.split('.').map(Number)).copy(packet, 24);
	query.hardware.copy(packet, 28);
	const file = Buffer.from(bootFile, 'latin1').subarray(0, 255);
	// The field has 128 bytes with a NUL at the end; option 67 has a longer name too.
	if (file.length < 128) file.copy(packet, 108);
	const option = (code: number, value: Buffer): Buffer =>
		Buffer.concat([Buffer.from([code, value.length]), value]);
	return Buffer.concat([
		packet,
		cookie,
		option(options.messageType, Buffer.from([query.kind === 'discover' ? offer : acknowledge])),
		option(options.server, address),
		option(options.vendorClass, Buffer.from(query.vendorClass)),
		...(query.vendorClass === 'PXEClient' ? [option(options.vendorOptions, takeThisFile)] : []),
		option(options.bootFile, file),
		...(query.uuidOption === null ? [] : [option(options.uuid, query.uuidOption)]),
		Buffer.from([options.end]),
	]);
}
