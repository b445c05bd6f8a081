// The frames of the port `slipway.control`: what the guest's end makes of a host's, and the host's of a guest's.

import type { Socket } from 'node:net';
import { duplexPair, Writable } from 'node:stream';
import { createChannelServer } from '../../../supervisor/channel/channel-server.ts';
import {
	channelHeaderBytes,
	channelKinds,
	checksum,
	encodeFrame,
	encodeGrant,
	encodeHello,
	encodeResize,
	type Frame,
	maxPayloadBytes,
	sessionBytes,
	windowBytes,
} from '../../../supervisor/contract/channel-protocol.ts';
import { createFrameReader } from '../../../supervisor/contract/frame-reader.ts';
import { callService } from '../../../tools/control/service-call.ts';
import { SlipwayError } from '../../../tools/errors.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';

const session = Buffer.alloc(sessionBytes, 7);
const stream = 1;
const open = (request: object): Buffer =>
	encodeFrame({ kind: channelKinds.open, stream, payload: Buffer.from(JSON.stringify(request)) });
const data = (kind: number, text: string): Buffer =>
	encodeFrame({ kind, stream, payload: Buffer.from(text) });

export const target: FuzzTarget = {
	seeds: [
		Buffer.concat([
			encodeHello(session).subarray(-40),
			open({ args: ['exec', 'a', '--', 'sh'], terminal: { rows: 24, columns: 80, type: 'xterm' } }),
			data(channelKinds.stdin, 'keys'),
			encodeResize(stream, { rows: 1, columns: 2 }),
			encodeFrame({ kind: channelKinds.signal, stream, code: 2 }),
			encodeGrant(stream, 100),
			encodeFrame({ kind: channelKinds.reset, stream }),
		]),
		Buffer.concat([
			encodeHello(session).subarray(-40),
			open({ args: ['list'] }),
			open({ args: ['\0'] }),
			open([]),
		]),
		Buffer.concat([
			data(channelKinds.stdout, 'out'),
			data(channelKinds.stderr, 'err'),
			encodeGrant(stream, 3),
			data(channelKinds.stdout, ''),
			encodeFrame({ kind: channelKinds.exit, stream, code: 3 }),
		]),
		data(channelKinds.failed, 'the reason'),
	],
	repair: withFrameChecksums,
	declares: (error) => error instanceof SlipwayError && error.code === 'GUEST_FAILED',
	async run(input) {
		for (const isInStep of [true, false]) checkReader(input, isInStep);
		serve(input);
		await call(input);
	},
};

/** However the bytes are cut, the frames are the same. */
function checkReader(input: Buffer, isInStep: boolean): void {
	const [whole, cut] = [createFrameReader(isInStep), createFrameReader(isInStep)];
	const frames = whole.add(input);
	const others: Frame[] = [];
	for (let at = 0, length = 1; at < input.length; at += length, length = (length * 7 + at) % 5000 || 1)
		others.push(...cut.add(input.subarray(at, at + length)));
	if (whole.isInStep !== cut.isInStep || frames.length !== others.length)
		throw new Violation(`${frames.length} frames, ${others.length} in pieces`);
	for (const [index, { payload, ...fields }] of frames.entries()) {
		const other = others[index];
		if (payload.length > maxPayloadBytes) throw new Violation(`a payload of ${payload.length} bytes`);
		if (!encodeFrame({ payload, ...fields }).equals(encodeFrame(other ?? { kind: 0 })))
			throw new Violation(`frame ${index} is another one in pieces`);
	}
}

function serve(input: Buffer): void {
	const running = new Set<number>();
	let processes = 0;
	const server = createChannelServer({
		send: () => undefined,
		start(number, { args }, ended) {
			if (running.has(number)) throw new Violation(`the stream ${number} is started twice`);
			if (args.some((arg) => arg.includes('\0'))) throw new Violation('an argument with a NUL');
			running.add(number);
			processes += 1;
			if (running.size > 32 || processes > 64)
				throw new Violation(`${running.size} commands, ${processes} processes`);
			const end = (): void => void running.delete(number);
			const over = (): void => {
				end();
				processes -= 1;
				ended();
			};
			const nothing = (): void => undefined;
			return {
				stdin: (bytes) => bytes.length === 0 && over(),
				grant: nothing,
				resize: nothing,
				signal: nothing,
				reset: end,
			};
		},
	});
	server.add(input);
	server.close('the end');
	if (running.size > 0) throw new Violation(`${running.size} commands outlive the host`);
}

async function call(input: Buffer): Promise<void> {
	const [ours, theirs] = duplexPair();
	let shown = 0;
	const sink = (): Writable =>
		new Writable({
			write(bytes: Buffer, _encoding, done) {
				shown += bytes.length;
				done();
			},
		});
	const request = { args: ['list'], terminal: null };
	const { exitCode } = callService(ours as unknown as Socket, request, {
		input: null,
		out: sink(),
		err: sink(),
	});
	theirs.resume();
	theirs.end(input);
	theirs.on('end', () => theirs.destroy());
	ours.on('end', () => ours.destroy());
	const code = await exitCode;
	if (!Number.isInteger(code) || code > 255 || shown > input.length)
		throw new Violation(`exit code ${code}, ${shown} bytes`);
}

function withFrameChecksums(input: Buffer): Buffer {
	const mended = Buffer.from(input);
	for (let at = 0; at + channelHeaderBytes <= mended.length; ) {
		const length = mended.readUInt32LE(at + 8);
		const end = at + channelHeaderBytes + length;
		if (mended[at] === 0 || length > windowBytes || end > mended.length) {
			at += 1;
			continue;
		}
		const frame = mended.subarray(at, end);
		frame.writeUInt32LE(checksum(frame), 12);
		at = end;
	}
	return mended;
}
