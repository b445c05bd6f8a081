// Sends one file by TFTP: windows of blocks, each acknowledged and repeated after silence. The socket belongs to the caller.

import type { ServedFile } from './served-files.ts';
import { dataPacket, optionsPacket, type TftpPacket, type TransferOptions } from './tftp-packets.ts';

export interface TransferChannel {
	send(packet: Buffer): void;
	/** Resolves with the next packet of the client, or with null after silence. */
	receive(timeoutMs: number): Promise<TftpPacket | null>;
}

const maxSilences = 6;

/** Returns `sent`, or the reason why the file was not sent whole. */
export async function sendByTftp(
	channel: TransferChannel,
	file: Pick<ServedFile, 'handle' | 'sizeBytes'>,
	options: TransferOptions,
): Promise<string> {
	const { blockBytes, windowBlocks, acknowledged } = options;
	if (acknowledged.size > 0) {
		const answer = await exchange(
			channel,
			options,
			async () => channel.send(optionsPacket(acknowledged)),
			0,
			0,
		);
		if (typeof answer === 'string') return answer;
	}
	// A last block that is shorter ends the file: a file of whole blocks has an empty one behind them.
	const lastBlock = Math.floor(file.sizeBytes / blockBytes) + 1;
	for (let first = 1; first <= lastBlock; ) {
		const last = Math.min(first + windowBlocks - 1, lastBlock);
		const answer = await exchange(
			channel,
			options,
			async () => await sendBlocks(channel, file, blockBytes, first, last),
			first,
			last,
		);
		if (typeof answer === 'string') return answer;
		first = answer.block + 1;
	}
	return 'sent';
}

/**
 * Sends, and waits for the acknowledgement of a block from `first` to `last`. An older one is not answered, or both sides
 * would repeat each packet for the rest of the file (RFC 1123, 4.2.3.1).
 */
async function exchange(
	channel: TransferChannel,
	{ timeoutMs }: TransferOptions,
	send: () => Promise<void>,
	first: number,
	last: number,
): Promise<{ readonly block: number } | string> {
	for (let silences = 0; silences < maxSilences; silences += 1) {
		await send();
		const endMs = performance.now() + timeoutMs;
		for (let leftMs = timeoutMs; leftMs > 0; leftMs = endMs - performance.now()) {
			const packet = await channel.receive(leftMs);
			if (packet === null) break;
			if (packet.kind === 'error') return `the client ended it: ${packet.message || 'no reason given'}`;
			if (packet.kind !== 'acknowledge') continue;
			const block = first + ((packet.block - first) & 0xffff);
			if (block <= last) return { block };
		}
	}
	return 'not sent whole: the client is silent';
}

async function sendBlocks(
	channel: TransferChannel,
	{ handle, sizeBytes }: Pick<ServedFile, 'handle' | 'sizeBytes'>,
	blockBytes: number,
	first: number,
	last: number,
): Promise<void> {
	const from = (first - 1) * blockBytes;
	const length = Math.min(last * blockBytes, sizeBytes) - from;
	const window = Buffer.alloc(Math.max(length, 0));
	const { bytesRead } = await handle.read(window, 0, window.length, from);
	if (bytesRead < window.length) throw new Error('the file has become shorter');
	for (let block = first; block <= last; block += 1) {
		const start = (block - first) * blockBytes;
		channel.send(dataPacket(block, window.subarray(start, start + blockBytes)));
	}
}
