import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type HashTree, makeHashTree } from '../../../../tools/media/hash-tree.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

async function treeOf(data: Buffer, chunkBytes: number): Promise<HashTree> {
	async function* chunks(): AsyncGenerator<Uint8Array, void> {
		for (let at = 0; at < data.length; at += chunkBytes) yield data.subarray(at, at + chunkBytes);
	}
	return await makeHashTree(chunks());
}

/** Bytes in which no two blocks are equal. */
function dataOf(blocks: number): Buffer {
	const data = Buffer.alloc(blocks * 4096);
	for (let block = 0; block < blocks; block++) data.writeUInt32LE(block + 1, block * 4096 + (block % 4000));
	return data;
}

async function veritysetup(...args: readonly string[]): Promise<string> {
	const { exitCode, stdout, stderr } = await runProgram('veritysetup', args);
	if (exitCode !== 0) throw new Error(stderr);
	return stdout;
}

const sameAs = test.macro({
	async exec(t, blocks: number, chunkBytes: number) {
		const file = join(scratchFolder(t), 'data');
		const data = dataOf(blocks);
		const { rootHash, dataBlocks, bytes } = await treeOf(data, chunkBytes);
		writeFileSync(file, data);
		const id = bytes.toString('hex', 16, 32).replace(/^(.{8})(....)(....)(....)/, '$1-$2-$3-$4-');
		const offset = [`--hash-offset=${data.length}`, `--data-blocks=${blocks}`];
		const made = await veritysetup('format', '--salt=-', `--uuid=${id}`, ...offset, file, file);
		t.is(dataBlocks, blocks);
		t.is(/^Root hash:\s+(\S+)$/m.exec(made)?.[1], rootHash);
		t.deepEqual(readFileSync(file).subarray(data.length), bytes);
	},
	title: (_, blocks, chunkBytes) =>
		`makeHashTree() of ${blocks} blocks in chunks of ${chunkBytes} bytes makes the bytes of veritysetup`,
});

test(sameAs, 1, 4096);
test(sameAs, 2, 5000);
test(sameAs, 128, 65_536);
test(sameAs, 129, 65_536);
test(sameAs, 128 * 128 + 1, 1_000_001);

test('makeHashTree() makes a file in which veritysetup finds any changed byte', async (t) => {
	const folder = scratchFolder(t);
	const [file, changed] = [join(folder, 'data'), join(folder, 'changed')];
	const data = dataOf(200);
	const { rootHash, bytes } = await treeOf(data, 65_536);
	writeFileSync(file, Buffer.concat([data, bytes]));
	const verify = async (path: string) =>
		await veritysetup('verify', `--hash-offset=${data.length}`, path, path, rootHash);
	await t.notThrowsAsync(verify(file));
	for (const position of [0, data.length - 1, data.length + 4096, data.length + bytes.length - 4096]) {
		copyFileSync(file, changed);
		const all = readFileSync(changed);
		all.writeUInt8(all.readUInt8(position) ^ 1, position);
		writeFileSync(changed, all);
		await t.throwsAsync(verify(changed), { message: /corrupted|failed/ }, `at ${position}`);
	}
	truncateSync(changed, data.length);
	await t.throwsAsync(verify(changed));
});

test('makeHashTree() refuses data that is no whole blocks', async (t) => {
	for (const sizeBytes of [0, 1, 4095, 4097])
		await t.throwsAsync(treeOf(Buffer.alloc(sizeBytes), 1000), { instanceOf: RangeError });
});
