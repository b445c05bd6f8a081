import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openSpool } from '../../../../tools/files/spool.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

/** Counts how often it is made. */
function source(): { make: () => AsyncGenerator<Uint8Array, void>; times: () => number } {
	let times = 0;
	const make = async function* (): AsyncGenerator<Uint8Array, void> {
		times++;
		for (const size of [1, 0, 300_000, 70_000]) yield Buffer.alloc(size, String(size));
	};
	return { make, times: () => times };
}

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const parts: Uint8Array[] = [];
	for await (const part of bytes) parts.push(part);
	return Buffer.concat(parts);
}

test('openSpool() replays the recorded bytes at each call and leaves no file', async (t) => {
	const folder = scratchFolder(t);
	const spool = openSpool(folder);
	const { make, times } = source();
	const recorded = await whole(spool.record(make));
	t.deepEqual(readdirSync(folder), []);
	t.true((await whole(spool.replay(make))).equals(recorded));
	t.true((await whole(spool.replay(make))).equals(recorded));
	t.is(times(), 1);
	t.is(recorded.length, 370_001);
	await spool.close();
	await spool.close();
});

test('openSpool() makes the stream again when nothing can be written', async (t) => {
	const folder = join(scratchFolder(t), 'file');
	writeFileSync(folder, '');
	const spool = openSpool(folder);
	const { make, times } = source();
	const recorded = await whole(spool.record(make));
	t.true((await whole(spool.replay(make))).equals(recorded));
	t.is(times(), 2);
	await spool.close();
});

test('openSpool() passes on an error of the stream', async (t) => {
	const spool = openSpool(scratchFolder(t));
	const broken = async function* (): AsyncGenerator<Uint8Array, void> {
		yield Buffer.from('a');
		throw new Error('broken');
	};
	await t.throwsAsync(whole(spool.record(broken)), { message: 'broken' });
	await spool.close();
});
