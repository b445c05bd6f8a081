// The packets of TFTP (RFC 1350) with the options of RFC 2347, 2348, 2349 and 7440, as a server that only sends needs them.

export const errorCodes = {
	undefined: 0,
	noFile: 1,
	accessViolation: 2,
	illegalOperation: 4,
	unknownTransfer: 5,
	wrongOptions: 8,
} as const;

const opcodes = { read: 1, write: 2, data: 3, acknowledge: 4, error: 5, optionsAcknowledge: 6 } as const;

/** What a client may send. */
export type TftpPacket =
	| {
			readonly kind: 'read';
			readonly path: string;
			/** In lower case, such as `octet`. */
			readonly mode: string;
			/** By name in lower case. */
			readonly options: ReadonlyMap<string, string>;
	  }
	| { readonly kind: 'write' }
	| { readonly kind: 'acknowledge'; readonly block: number }
	| { readonly kind: 'error'; readonly message: string };

/** RFC 2347 has requests of at most 512 bytes. */
const maxPacketBytes = 512;
const maxOptions = 16;

/** Returns null for what is no packet that a client may send. */
export function parseTftp(packet: Buffer): TftpPacket | null {
	if (packet.length < 4 || packet.length > maxPacketBytes) return null;
	switch (packet.readUInt16BE(0)) {
		case opcodes.read:
			return parseRead(packet.subarray(2));
		case opcodes.write:
			return { kind: 'write' };
		case opcodes.acknowledge:
			return packet.length === 4 ? { kind: 'acknowledge', block: packet.readUInt16BE(2) } : null;
		case opcodes.error:
			return { kind: 'error', message: packet.subarray(4).toString('latin1').replaceAll('\0', '') };
		default:
			return null;
	}
}

/** The texts of a request each end in NUL: the file, the mode, then names and values of options. */
function parseRead(bytes: Buffer): TftpPacket | null {
	const texts = bytes.toString('utf8').split('\0');
	// Some firmware pads the packet with more NULs.
	while (texts.length > 2 && texts.at(-1) === '') texts.pop();
	const [path = '', mode = '', ...rest] = texts;
	if (path === '' || mode === '' || rest.length > 2 * maxOptions) return null;
	const options = new Map<string, string>();
	for (let index = 0; index + 1 < rest.length; index += 2)
		options.set((rest[index] ?? '').toLowerCase(), rest[index + 1] ?? '');
	return { kind: 'read', path, mode: mode.toLowerCase(), options };
}

export interface TransferOptions {
	readonly blockBytes: number;
	/** Blocks that are sent before an acknowledgement is awaited. */
	readonly windowBlocks: number;
	readonly timeoutMs: number;
	/** What is acknowledged; empty when the client has asked for no option that is known. */
	readonly acknowledged: ReadonlyMap<string, string>;
}

/** A larger window would only overrun the buffers of a firmware. */
const maxWindowBlocks = 64;
/** Each transfer has one window in memory. */
const maxWindowBytes = 256 * 1024;

/** Chooses among the options of a request. An option with a value that is not allowed is left out, as RFC 2347 has it. */
export function chooseOptions(asked: ReadonlyMap<string, string>, sizeBytes: number): TransferOptions {
	const acknowledged = new Map<string, string>();
	const number = (name: string, least: number, most: number, cap: number): number | null => {
		const text = asked.get(name) ?? '';
		const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
		if (!(value >= least && value <= most)) return null;
		const chosen = Math.min(value, cap);
		acknowledged.set(name, String(chosen));
		return chosen;
	};
	const blockBytes = number('blksize', 8, 65464, 65464) ?? 512;
	const maxWindow = Math.min(maxWindowBlocks, Math.floor(maxWindowBytes / blockBytes));
	const windowBlocks = number('windowsize', 1, 65535, maxWindow) ?? 1;
	const timeoutSeconds = number('timeout', 1, 255, 255) ?? 1;
	if (asked.has('tsize')) acknowledged.set('tsize', String(sizeBytes));
	return { blockBytes, windowBlocks, timeoutMs: timeoutSeconds * 1000, acknowledged };
}

/** @param block - counted from 1; the packet has its last 16 bits */
export function dataPacket(block: number, data: Buffer): Buffer {
	const head = Buffer.alloc(4);
	head.writeUInt16BE(opcodes.data, 0);
	head.writeUInt16BE(block & 0xffff, 2);
	return Buffer.concat([head, data]);
}

export function optionsPacket(options: ReadonlyMap<string, string>): Buffer {
	const texts = [...options].flat().map((text) => `${text}\0`);
	return Buffer.from(`\0${String.fromCharCode(opcodes.optionsAcknowledge)}${texts.join('')}`, 'latin1');
}

export function errorPacket(code: number, message: string): Buffer {
	const head = Buffer.alloc(4);
	head.writeUInt16BE(opcodes.error, 0);
	head.writeUInt16BE(code, 2);
	return Buffer.concat([head, Buffer.from(`${message}\0`, 'utf8')]);
}
