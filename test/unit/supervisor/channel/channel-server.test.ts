import test from 'ava';
import { type ChannelHost, createChannelServer } from '../../../../supervisor/channel/channel-server.ts';
import {
	channelKinds,
	channelVersion,
	encodeFrame,
	encodeGrant,
	encodeHello,
	encodeResize,
	type Frame,
	type OpenRequest,
	sessionBytes,
} from '../../../../supervisor/contract/channel-protocol.ts';
import { createFrameReader } from '../../../../supervisor/contract/frame-reader.ts';

const [first, second] = [Buffer.alloc(sessionBytes, 1), Buffer.alloc(sessionBytes, 2)];

function setUp(start?: ChannelHost['start']) {
	const reader = createFrameReader(false);
	const answers: Frame[] = [];
	const calls: unknown[] = [];
	const ends = new Map<number, () => void>();
	const server = createChannelServer({
		send: (bytes) => void answers.push(...reader.add(bytes)),
		start:
			start ??
			((stream, request, ended) => {
				calls.push(['start', stream, request]);
				ends.set(stream, ended);
				return {
					stdin: (bytes) => calls.push(['stdin', stream, bytes.toString()]),
					grant: (bytes) => calls.push(['grant', stream, bytes]),
					resize: (size) => calls.push(['resize', stream, size]),
					signal: (number) => calls.push(['signal', stream, number]),
					reset: () => calls.push(['reset', stream]),
				};
			}),
	});
	return { server, answers, calls, ends };
}

function open(stream: number, request: OpenRequest | string): Buffer {
	const text = typeof request === 'string' ? request : JSON.stringify(request);
	return encodeFrame({ kind: channelKinds.open, stream, payload: Buffer.from(text) });
}

const list: OpenRequest = { args: ['list'], terminal: null };

test('createChannelServer() says hello, and answers the hello of a host with its session', (t) => {
	const { server, answers } = setUp();
	t.like(answers.at(-1), { kind: channelKinds.hello, payload: Buffer.alloc(sessionBytes) });
	server.add(encodeHello(first));
	t.like(answers.at(-1), { kind: channelKinds.hello, code: channelVersion, payload: first });
});

test('createChannelServer() passes each frame to the command of its stream', (t) => {
	const { server, calls } = setUp();
	const terminal = { rows: 24, columns: 80, type: 'xterm' };
	server.add(
		Buffer.concat([
			encodeHello(first),
			open(5, { args: ['exec', 'redis', '--', 'sh'], terminal }),
			encodeFrame({ kind: channelKinds.stdin, stream: 5, payload: Buffer.from('keys') }),
			encodeGrant(5, 100),
			encodeResize(5, { rows: 1, columns: 2 }),
			encodeFrame({ kind: channelKinds.signal, stream: 5, code: 2 }),
			encodeFrame({ kind: channelKinds.stdin, stream: 6, payload: Buffer.from('to nobody') }),
			encodeFrame({ kind: channelKinds.reset, stream: 5 }),
			encodeFrame({ kind: channelKinds.signal, stream: 5, code: 9 }),
		]),
	);
	t.deepEqual(calls, [
		['start', 5, { args: ['exec', 'redis', '--', 'sh'], terminal }],
		['stdin', 5, 'keys'],
		['grant', 5, 100],
		['resize', 5, { rows: 1, columns: 2 }],
		['signal', 5, 2],
		['reset', 5],
	]);
});

test('createChannelServer() ends the commands of a host that is gone, and none for a hello of the same host', (t) => {
	const { server, calls } = setUp();
	server.add(Buffer.concat([encodeHello(first), open(1, list), encodeHello(first)]));
	t.is(calls.length, 1);
	server.add(encodeHello(second));
	t.deepEqual(calls.slice(1), [['reset', 1]]);
});

const refused: readonly [title: string, frame: Buffer][] = [
	['a stream that is open', open(1, list)],
	['stream 0', open(0, list)],
	['no JSON', open(2, '{')],
	['no arguments', open(2, '{}')],
	['a NUL', open(2, { args: ['a\0b'], terminal: null })],
	['a size that is none', open(2, '{"args":[],"terminal":{"rows":-1,"columns":1e9}}')],
];
for (const [title, frame] of refused) {
	test(`createChannelServer() refuses ${title}`, (t) => {
		const { server, answers, calls } = setUp();
		server.add(Buffer.concat([encodeHello(first), open(1, list), frame]));
		t.like(answers.at(-1), { kind: channelKinds.failed, stream: frame.readUInt32LE(4) });
		t.is(calls.length, 1);
	});
}

test('createChannelServer() bounds the commands, and takes one more when one has ended', (t) => {
	const { server, answers, calls, ends } = setUp();
	server.add(encodeHello(first));
	for (let stream = 1; stream <= 33; stream += 1) server.add(open(stream, list));
	t.is(calls.length, 32);
	t.like(answers.at(-1), { kind: channelKinds.failed, stream: 33 });
	ends.get(7)?.();
	server.add(open(34, list));
	t.is(calls.length, 33);
});

test('createChannelServer() bounds the commands that were reset and have not ended yet', (t) => {
	const ends: (() => void)[] = [];
	const nothing = (): void => undefined;
	const { server, answers } = setUp((_stream, _request, ended) => {
		ends.push(ended);
		return { stdin: nothing, grant: nothing, resize: nothing, signal: nothing, reset: nothing };
	});
	server.add(encodeHello(first));
	for (let each = 0; each < 100; each += 1)
		server.add(Buffer.concat([open(5, list), encodeFrame({ kind: channelKinds.reset, stream: 5 })]));
	t.is(ends.length, 64);
	t.regex(
		answers.at(-1)?.payload.toString() ?? '',
		/^64 commands that were reset have not ended yet; try again$/,
	);
	ends[0]?.();
	server.add(open(5, list));
	t.is(ends.length, 65);
	ends[1]?.();
	// The end of an earlier command of the same number is not the end of this one.
	server.add(open(5, list));
	t.is(ends.length, 65);
	t.like(answers.at(-1), { kind: channelKinds.failed, stream: 5 });
});

test('createChannelServer() starts as many commands as ever for a host that comes after another', (t) => {
	const { server, calls } = setUp();
	for (const session of [first, second]) {
		server.add(encodeHello(session));
		for (let stream = 1; stream <= 32; stream += 1) server.add(open(stream, list));
	}
	t.is(calls.filter((call) => Array.isArray(call) && call[0] === 'start').length, 64);
});

test('createChannelServer() tells the host why a command could not be started', (t) => {
	const { server, answers } = setUp(() => {
		throw new Error('no memory');
	});
	server.add(Buffer.concat([encodeHello(first), open(1, list)]));
	t.regex(answers.at(-1)?.payload.toString() ?? '', /no memory/);
});

test('createChannelServer().close() tells the host about each command', (t) => {
	const { server, answers, calls } = setUp();
	server.add(Buffer.concat([encodeHello(first), open(1, list)]));
	server.close('the system shuts down');
	t.like(answers.at(-1), { kind: channelKinds.failed, stream: 1 });
	t.deepEqual(calls.at(-1), ['reset', 1]);
});
