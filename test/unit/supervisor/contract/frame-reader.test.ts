import test from 'ava';
import {
	channelKinds,
	encodeFrame,
	encodeGrant,
	encodeHello,
	encodeResize,
	grantedBytes,
	maxPayloadBytes,
	sessionBytes,
	terminalSize,
} from '../../../../supervisor/contract/channel-protocol.ts';
import { createFrameReader } from '../../../../supervisor/contract/frame-reader.ts';

const session = Buffer.from('0123456789abcdef');
const data = (text: string) =>
	encodeFrame({ kind: channelKinds.stdout, stream: 7, payload: Buffer.from(text) });

/** A small generator, so that a failure can be repeated. */
function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}

function textsOf(frames: readonly { readonly payload: Buffer }[]): string[] {
	return frames.map(({ payload }) => payload.toString());
}

test('createFrameReader() gives the same frames however the bytes are split', (t) => {
	const next = random(1);
	const texts = Array.from({ length: 50 }, (_, index) => 'H0'.repeat(Math.floor(next() * 400) + index));
	const all = Buffer.concat([encodeHello(session), ...texts.map(data)]);
	for (let round = 0; round < 20; round += 1) {
		const reader = createFrameReader(round % 2 === 0);
		const seen: string[] = [];
		for (let at = 0; at < all.length; ) {
			const end = at + 1 + Math.floor(next() * (round < 10 ? 30 : 5000));
			seen.push(...textsOf(reader.add(all.subarray(at, end))));
			at = end;
		}
		t.deepEqual(seen, [session.toString(), ...texts]);
	}
});

test('createFrameReader() drops what comes before the first hello', (t) => {
	const reader = createFrameReader(false);
	t.deepEqual(reader.add(Buffer.concat([data('lost'), Buffer.from('HHHHHHHH'), data('lost')])), []);
	t.false(reader.isInStep);
	t.deepEqual(textsOf(reader.add(Buffer.concat([encodeHello(session), data('kept')]))), [
		session.toString(),
		'kept',
	]);
});

test('createFrameReader() is in step again when a side begins anew in the middle of a frame', (t) => {
	const frame = encodeFrame({ kind: channelKinds.stdout, payload: Buffer.alloc(maxPayloadBytes, 0x48) });
	const next = random(2);
	for (const cut of [
		1,
		3,
		15,
		16,
		17,
		...Array.from({ length: 20 }, () => Math.floor(next() * frame.length)),
	]) {
		const reader = createFrameReader(true);
		const seen = reader.add(
			Buffer.concat([data('before'), frame.subarray(0, cut), encodeHello(session), data('after')]),
		);
		t.deepEqual(textsOf(seen), ['before', session.toString(), 'after'], `cut at ${cut}`);
	}
});

test('createFrameReader() keeps no more than a frame, and never throws, whatever comes', (t) => {
	const next = random(3);
	const reader = createFrameReader(true);
	for (let round = 0; round < 300; round += 1) {
		const bytes = Buffer.from(Array.from({ length: 1000 }, () => Math.floor(next() * 256)));
		if (round % 3 === 0) bytes.fill(0x48, 0, 500);
		t.deepEqual(reader.add(bytes), []);
	}
	t.deepEqual(textsOf(reader.add(Buffer.concat([encodeHello(session), data('yes')]))).slice(-1), ['yes']);
});

test('createFrameReader() takes a frame with one wrong bit for garbage', (t) => {
	const frame = data('text');
	for (let at = 0; at < frame.length; at += 1) {
		const wrong = Buffer.from(frame);
		wrong[at] = (wrong[at] ?? 0) ^ 1;
		const reader = createFrameReader(true);
		const seen = reader.add(Buffer.concat([wrong, encodeHello(session)]));
		t.false(textsOf(seen).includes('text'), `byte ${at}`);
	}
});

test('a length beyond the limit is garbage at once', (t) => {
	const frame = data('text');
	frame.writeUInt32LE(0xffff_ffff, 8);
	const reader = createFrameReader(true);
	reader.add(frame);
	t.false(reader.isInStep);
});

test('grants and sizes are read as they are written', (t) => {
	const read = (bytes: Buffer) => {
		const [frame] = createFrameReader(true).add(bytes);
		if (frame === undefined) throw new Error('no frame');
		return frame;
	};
	t.is(grantedBytes(read(encodeGrant(3, 70_000))), 70_000);
	t.deepEqual(terminalSize(read(encodeResize(3, { rows: 24, columns: 200 }))), { rows: 24, columns: 200 });
	t.is(grantedBytes(read(data('text of another length'))), 0);
	t.is(terminalSize(read(data(''))), null);
	t.is(session.length, sessionBytes);
});
