// Compresses the blocks of a part, each alone, as squashfs needs them. lz4 is the program of that name, one for all blocks of a part:
// its frames hold raw blocks (lz4_Frame_format.md of the lz4 project). xz is the program too, one for each block.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { byteSource } from '../../../supervisor/image/byte-source.ts';
import { coresAtOnce } from '../../files/concurrency.ts';
import { toolError } from '../../files/run-tool.ts';
import type { ImageSettings } from './join.ts';
import { compressXz, notInstalled } from './xz-block.ts';

export interface CompressedBlock {
	readonly bytes: Buffer;
	/** The bytes are those of the block, which can't be compressed. */
	readonly isStored: boolean;
}

export interface CompressionSettings extends ImageSettings {
	readonly compressor: 'lz4' | 'xz';
	readonly level: number;
}

/**
 * Yields a compressed block for each one, in their order.
 *
 * @param blocks - up to `blockBytes` each. Shorter ones may be filled up with NULs.
 */
export function compressBlocks(
	blocks: AsyncIterable<Buffer>,
	settings: CompressionSettings,
): AsyncGenerator<CompressedBlock, void> {
	if (settings.compressor === 'lz4') return byLz4(blocks, settings);
	return eachAlone(blocks, async (block) => await compressXz(block, settings));
}

async function* eachAlone(
	blocks: AsyncIterable<Buffer>,
	compress: (block: Buffer) => Promise<Buffer>,
): AsyncGenerator<CompressedBlock, void> {
	const work = async (block: Buffer): Promise<CompressedBlock> => {
		const bytes = await compress(block);
		return bytes.length < block.length ? { bytes, isStored: false } : { bytes: block, isStored: true };
	};
	const pending: Promise<CompressedBlock>[] = [];
	for await (const block of blocks) {
		const result = work(block);
		// It is awaited below, which may be later than it fails.
		result.catch(() => undefined);
		pending.push(result);
		const first = pending.length > coresAtOnce ? pending.shift() : undefined;
		if (first !== undefined) yield await first;
	}
	for (const result of pending) yield await result;
}

const maxErrorBytes = 10_000;

async function* byLz4(
	blocks: AsyncIterable<Buffer>,
	{ blockBytes, level }: CompressionSettings,
): AsyncGenerator<CompressedBlock, void> {
	const args = ['-z', '-c', `-${level}`, `-B${blockBytes}`, '-BI', '--no-frame-crc', '-q', '-'];
	const child = spawn('lz4', args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
	let complaints = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		complaints = `${complaints}${text}`.slice(0, maxErrorBytes);
	});
	const ended = once(child, 'close') as Promise<[number | null]>;
	ended.catch(() => undefined);
	const fed = pipeline(Readable.from(filledUp(blocks, blockBytes), { objectMode: false }), child.stdin).then(
		() => null,
		(error: NodeJS.ErrnoException) => error,
	);
	try {
		const isWhole = yield* blocksOfFrame(child.stdout, blockBytes);
		if (!isWhole) child.kill('SIGKILL');
		const failure = await fed;
		/** When `lz4` ends early, the pipe breaks; its own words say why. */
		const isOfPipe = endedEarly.has(failure?.code ?? '');
		if (failure !== null && !isOfPipe) throw failure;
		const [code] = await ended.catch((error: NodeJS.ErrnoException) => {
			throw error.code === 'ENOENT' ? notInstalled('lz4', 'lz4', error) : error;
		});
		if (!isWhole || code !== 0)
			throw toolError('lz4', args, failure ?? new Error(`exit code ${code}`), complaints);
	} finally {
		child.kill('SIGKILL');
	}
}

/** What a write to a program that has ended fails with: it depends on how far the end has come. */
const endedEarly: ReadonlySet<string> = new Set([
	'EPIPE',
	'ECANCELED',
	'ENOENT',
	'ERR_STREAM_PREMATURE_CLOSE',
]);

/** Frames have blocks of one size. */
async function* filledUp(blocks: AsyncIterable<Buffer>, blockBytes: number): AsyncGenerator<Buffer, void> {
	for await (const block of blocks) {
		yield block;
		if (block.length < blockBytes) yield Buffer.alloc(blockBytes - block.length);
	}
}

const frameHeaderBytes = 7;
const frameMagic = 0x184d2204;
const uncompressed = 0x8000_0000;

/** Returns false for a frame that is cut or of another kind. */
async function* blocksOfFrame(
	stream: AsyncIterable<Uint8Array>,
	blockBytes: number,
): AsyncGenerator<CompressedBlock, boolean> {
	const source = byteSource(stream, () => new Error('cut'));
	const next = async (count: number) => await source.exactly(count).catch(() => null);
	const header = await next(frameHeaderBytes);
	if (header?.readUInt32LE(0) !== frameMagic) return false;
	for (;;) {
		const size = (await next(4))?.readUInt32LE(0);
		if (size === 0) return true;
		if (size === undefined || size % uncompressed > blockBytes) return false;
		const bytes = await next(size % uncompressed);
		if (bytes === null) return false;
		yield { bytes, isStored: size >= uncompressed };
	}
}
