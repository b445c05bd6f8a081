import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
	type CompressionSettings,
	compressBlocks,
} from '../../../../../tools/archive/squashfs/compress-blocks.ts';
import { decompressLz4Block } from '../../../../../tools/archive/squashfs/lz4-block.ts';
import { makePart } from '../../../../../tools/archive/squashfs/make-part.ts';
import { DamagedSquashfs } from '../../../../../tools/archive/squashfs/superblock.ts';
import { decompressXz } from '../../../../../tools/archive/squashfs/xz-block.ts';
import { scratchFolder } from '../../../../helpers/scratch.ts';
import { file, lz4, streamOf, xz } from './joined-image.ts';

const blocks = [
	readFileSync(process.execPath).subarray(0, 65_536),
	randomBytes(65_536),
	Buffer.alloc(65_536),
	Buffer.from('a short block'),
];

async function* given(): AsyncGenerator<Buffer, void> {
	yield* blocks;
}

async function collect(settings: CompressionSettings) {
	const result = [];
	for await (const each of compressBlocks(given(), settings)) result.push(each);
	return result;
}

const unpack = {
	lz4: async (bytes: Buffer) => decompressLz4Block(bytes, lz4.blockBytes),
	xz: async (bytes: Buffer) => await decompressXz(bytes, xz.blockBytes, 'block'),
};

for (const settings of [lz4, xz]) {
	test(`compressBlocks() gives a block for each, in their order: ${settings.compressor}`, async (t) => {
		const compressed = await collect({ ...settings, blockBytes: 65_536 });
		t.is(compressed.length, blocks.length);
		t.deepEqual(
			compressed.slice(0, 3).map(({ isStored }) => isStored),
			[false, true, false],
		);
		for (const [index, { bytes, isStored }] of compressed.entries()) {
			const expected = blocks[index] ?? Buffer.alloc(0);
			const unpacked = isStored ? bytes : ((await unpack[settings.compressor](bytes)) ?? Buffer.alloc(0));
			t.true(unpacked.subarray(0, expected.length).equals(expected), String(index));
			t.true(
				unpacked.subarray(expected.length).every((byte) => byte === 0),
				String(index),
			);
		}
	});
}

test('compressBlocks() gives nothing for nothing', async (t) => {
	const none = async function* (): AsyncGenerator<Buffer, void> {
		yield* [];
	};
	for (const settings of [lz4, xz])
		t.true((await compressBlocks(none(), settings).next()).done === true, settings.compressor);
});

test('decompressXz() refuses damaged blocks and bombs', async (t) => {
	const [compressed] = await collect({ ...xz, blockBytes: 65_536 });
	const bytes = Buffer.from(compressed?.bytes ?? []);
	await t.throwsAsync(decompressXz(bytes, 65_535, 'block'), { instanceOf: DamagedSquashfs });
	await t.throwsAsync(decompressXz(bytes.subarray(0, 1000), 65_536, 'block'), {
		instanceOf: DamagedSquashfs,
	});
	bytes.writeUInt8(bytes.readUInt8(500) ^ 1, 500);
	await t.throwsAsync(decompressXz(bytes, 65_536, 'block'), { instanceOf: DamagedSquashfs });
	await t.throwsAsync(decompressXz(Buffer.alloc(0), 65_536, 'block'), { instanceOf: DamagedSquashfs });
});

/** Makes `lz4` a script, and all other programs absent. */
function replaceLz4(t: ExecutionContext, script: string | null): void {
	const folder = scratchFolder(t);
	if (script !== null) {
		writeFileSync(join(folder, 'lz4'), `#!/bin/sh\n${script}\n`);
		chmodSync(join(folder, 'lz4'), 0o755);
	}
	const before = process.env['PATH'];
	process.env['PATH'] = folder;
	t.teardown(() => {
		process.env['PATH'] = before;
	});
}

const fails = test.macro({
	async exec(t, script: string | null, message: RegExp) {
		replaceLz4(t, script);
		await t.throwsAsync(collect(lz4), { code: 'TOOL_FAILED', message });
	},
	title: (_, script) => `compressBlocks() tells of an lz4 that is ${script ?? 'not installed'}`,
});

test.serial(
	fails,
	null,
	/^lz4 is not installed, .* Install the package lz4, or build with --root unpacked\.$/,
);
test.serial(fails, 'echo no such option >&2; exit 1', /^lz4 -z -c -9: no such option$/);
test.serial('compressBlocks() tells of an xz that is not installed', async (t) => {
	replaceLz4(t, null);
	const message = /^xz is not installed, .* Install the package xz-utils, or build with --root unpacked\.$/;
	await t.throwsAsync(collect(xz), { code: 'TOOL_FAILED', message });
	await t.throwsAsync(decompressXz(Buffer.alloc(9), 9, 'block'), { code: 'TOOL_FAILED', message });
});
test.serial(fails, 'exit 0', /^lz4 -z -c -9: /);
test.serial(fails, 'printf "\\004\\042\\115\\030\\100\\100\\300\\010\\000\\000\\000cut"', /^lz4 -z -c -9: /);
test.serial(fails, 'printf "\\004\\042\\115\\030\\100\\100\\300\\010\\000\\377\\000cut"', /^lz4 -z -c -9: /);

test.serial('makePart() stops lz4 when the disk or the entries fail', async (t) => {
	const path = join(scratchFolder(t), 'absent', 'part');
	await t.throwsAsync(makePart(streamOf([file('a', randomBytes(1_000_000))]), path, lz4), { code: 'ENOENT' });
	const entries = [file('a', randomBytes(1_000_000)), file('b', 'bb', { sizeBytes: 1 })];
	const making = makePart(streamOf(entries), join(scratchFolder(t), 'part'), lz4);
	await t.throwsAsync(making, { message: 'b has more than the 1 bytes that were announced.' });
	const full = makePart(streamOf([file('a', randomBytes(1_000_000))]), '/dev/full', lz4);
	await t.throwsAsync(full, { code: 'ENOSPC' });
});
