import test from 'ava';
import { channelKinds, type Frame, windowBytes } from '../../../../supervisor/contract/channel-protocol.ts';
import { createFrameReader } from '../../../../supervisor/contract/frame-reader.ts';
import { createGrantedWriter, createGrants } from '../../../../supervisor/contract/granted-writer.ts';

function setUp() {
	const frames: Frame[] = [];
	const reader = createFrameReader(true);
	const grants = createGrants();
	const send = (bytes: Buffer) => void frames.push(...reader.add(bytes));
	const bytes = () => frames.reduce((sum, { payload }) => sum + payload.length, 0);
	return { frames, grants, send, bytes };
}

test('createGrantedWriter() sends as much as is granted, and no more', async (t) => {
	const { grants, send, bytes, frames } = setUp();
	const out = createGrantedWriter({ kind: channelKinds.stdout, stream: 3 }, grants, send);
	const content = Buffer.from(Array.from({ length: 3 * windowBytes }, (_, index) => index % 251));
	const written = new Promise<void>((resolve) => out.write(content, () => resolve()));
	t.is(bytes(), windowBytes);
	grants.add(10);
	t.is(bytes(), windowBytes + 10);
	while (bytes() < content.length) grants.add(windowBytes);
	await written;
	await new Promise<void>((resolve) => out.end(() => resolve()));
	t.true(Buffer.concat(frames.map(({ payload }) => payload)).equals(content));
	t.like(frames.at(-1), { kind: channelKinds.stdout, stream: 3, payload: Buffer.alloc(0) });
});

test('createGrants() is not raised above the window by any grant', (t) => {
	const { grants, send, bytes } = setUp();
	grants.add(2 ** 32 - 1);
	const out = createGrantedWriter({ kind: channelKinds.stdout, stream: 3 }, grants, send);
	out.write(Buffer.alloc(3 * windowBytes));
	t.is(bytes(), windowBytes);
});

test('two writers share the grants in the order of their requests', (t) => {
	const { grants, send, frames } = setUp();
	const [out, err] = [channelKinds.stdout, channelKinds.stderr].map((kind) =>
		createGrantedWriter({ kind, stream: 3 }, grants, send),
	);
	out?.write(Buffer.alloc(windowBytes + 1));
	err?.write(Buffer.from('error'));
	t.false(frames.some(({ kind }) => kind === channelKinds.stderr));
	grants.add(3);
	t.like(frames.at(-1), { kind: channelKinds.stderr, payload: Buffer.from('er') });
});
