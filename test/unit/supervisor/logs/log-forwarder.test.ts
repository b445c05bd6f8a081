import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test, { type ExecutionContext } from 'ava';
import { errorMessage } from '../../../../native/text/error-message.ts';
import type { LogRules } from '../../../../supervisor/contract/supervision.ts';
import {
	createForwarder,
	type ForwarderLimits,
	forwarderLimits,
	receiverOf,
} from '../../../../supervisor/logs/log-forwarder.ts';
import { recordHeader } from '../../../../supervisor/logs/log-line.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { runProgram } from '../../../helpers/program.ts';
import { freePort, tcpReceiver, udpReceiver } from './receivers.ts';

const quickLimits: ForwarderLimits = { ...forwarderLimits, firstPauseMs: 5, longestPauseMs: 20 };

const records = (...texts: readonly string[]) =>
	Buffer.from(texts.map((text) => `${recordHeader(0, 'stdout', 'full')}${text}\n`).join(''));

function forward(
	t: ExecutionContext,
	rules: LogRules,
	limits = quickLimits,
	show: (line: string) => void = () => undefined,
) {
	const receiver = receiverOf(rules, 'redis', show);
	if (receiver === null) throw new Error('the rules ask for no receiver');
	const reports: string[] = [];
	const observer = {
		onAbsent: (error: unknown) => reports.push(errorMessage(error)),
		onBack: () => reports.push('back'),
	};
	const forwarder = createForwarder(receiver, observer, limits);
	t.teardown(() => forwarder.close());
	return { ...forwarder, reports };
}

/** Returns the memory of buffers after a garbage collection. */
function heldBytes(): number {
	setFlagsFromString('--expose-gc');
	(runInNewContext('gc') as () => void)();
	return process.memoryUsage().arrayBuffers;
}

/** Returns the lines of JSON, and the number of dropped lines. */
function jsonLines(received: string): (string | number)[] {
	return received
		.split('\n')
		.slice(0, -1)
		.map((line) => JSON.parse(line) as { readonly line?: string; readonly dropped?: number })
		.map(({ line, dropped }) => line ?? dropped ?? '');
}

test('createForwarder() sends JSON lines over TCP', async (t) => {
	const receiver = await tcpReceiver();
	const forwarder = forward(t, { driver: 'tcp', address: `127.0.0.1:${receiver.port}` });
	forwarder.take(records('one', 'two'));
	await receiver.until((received) => received.includes('two'));
	forwarder.take(records('three'));
	await receiver.until((received) => received.includes('three'));
	t.deepEqual(jsonLines(receiver.received()), ['one', 'two', 'three']);
	await receiver.stop();
});

test('createForwarder() sends the records of the time without a receiver once there is one', async (t) => {
	const port = await freePort();
	const forwarder = forward(t, { driver: 'tcp', address: `127.0.0.1:${port}` });
	const lines = Array.from({ length: 1000 }, (_, line) => `line ${line}`);
	for (const line of lines) forwarder.take(records(line));
	await eventually(() => forwarder.reports.length > 0, { pauseMs: 10 });
	const receiver = await tcpReceiver({ port });
	await receiver.until((received) => received.includes('line 999'));
	t.deepEqual(jsonLines(receiver.received()), lines);
	t.regex(forwarder.reports.join(), /^connect ECONNREFUSED 127.0.0.1:\d+,back$/);
	await receiver.stop();
});

test('createForwarder() drops the oldest lines when too many wait, and sends their number', async (t) => {
	const port = await freePort();
	const limits = { ...quickLimits, queueBytes: 10_000 };
	const forwarder = forward(t, { driver: 'tcp', address: `127.0.0.1:${port}` }, limits);
	for (let line = 0; line < 1000; line++) forwarder.take(records(`line ${line}`));
	const receiver = await tcpReceiver({ port });
	await receiver.until((received) => received.includes('line 999'));
	const got = jsonLines(receiver.received());
	const dropped = got.filter((line) => typeof line === 'number').reduce((sum, count) => sum + count, 0);
	const sent = got.filter((line) => typeof line === 'string');
	t.is(dropped + sent.length, 1000);
	t.true(dropped > 900);
	await receiver.stop();
});

test('createForwarder() connects again after a restart of the receiver', async (t) => {
	const first = await tcpReceiver();
	const forwarder = forward(t, { driver: 'tcp', address: `127.0.0.1:${first.port}` });
	forwarder.take(records('one'));
	await first.until((received) => received.includes('one'));
	await first.stop();
	const second = await tcpReceiver({ port: first.port });
	// The kernel loses lines that it took just before it learned of the closed connection, so send until one arrives.
	const timer = setInterval(() => forwarder.take(records('again')), 5);
	await second.until((received) => received.includes('again'));
	clearInterval(timer);
	t.regex(second.received(), /again/);
	await second.stop();
});

test('createForwarder() never waits for a receiver that reads nothing, and bounds its memory', async (t) => {
	const stuck = await tcpReceiver({ onConnection: (socket) => socket.pause() });
	const forwarder = forward(t, { driver: 'tcp', address: `127.0.0.1:${stuck.port}` });
	const chunk = records(...Array.from({ length: 500 }, () => 'x'.repeat(90)));
	const before = heldBytes();
	for (let round = 0; round < 2000; round++) {
		forwarder.take(chunk);
		if (round % 20 === 0) await new Promise(setImmediate);
	}
	await stuck.stop();
	// Under load, one collection may come before the sockets have freed their buffers.
	const bounded = () => heldBytes() - before < 8_000_000;
	t.true(await eventually(bounded, { timeoutMs: 10_000, pauseMs: 50, what: 'less than 8 of 130 MB' }));
});

test('createForwarder() sends messages of RFC 5424 over TCP, each after its length', async (t) => {
	const receiver = await tcpReceiver();
	const forwarder = forward(t, { driver: 'syslog', address: `127.0.0.1:${receiver.port}` });
	forwarder.take(records('one', 'two é'));
	await receiver.until((received) => received.includes('é'));
	const bytes = Buffer.from(receiver.received());
	const messages: string[] = [];
	for (let at = 0; at < bytes.length; ) {
		const space = bytes.indexOf(' ', at);
		const end = space + 1 + Number(bytes.toString('latin1', at, space));
		messages.push(bytes.toString('utf8', space + 1, end));
		at = end;
	}
	t.deepEqual(
		messages.map((message) => message.replace(/^<30>1 1970-01-01T00:00:00.000Z \S+ redis - stdout - /, '')),
		['one', 'two é'],
	);
	await receiver.stop();
});

test('createForwarder() sends a datagram for each line over UDP, also to a receiver that starts late', async (t) => {
	const early = await udpReceiver();
	await early.stop();
	const forwarder = forward(t, { driver: 'syslog', address: `udp://127.0.0.1:${early.port}` });
	forwarder.take(records('nobody listens'));
	const receiver = await udpReceiver(early.port);
	const timer = setInterval(() => forwarder.take(records('x'.repeat(16_384), 'last')), 5);
	await receiver.until((received) => received.endsWith(' last\n'));
	clearInterval(timer);
	t.regex(
		receiver.received(),
		/<30>1 1970-01-01T00:00:00.000Z \S+ redis - stdout - x{16384}\n<30>1 \S+ \S+ redis - stdout - last\n/,
	);
	await receiver.stop();
});

test('createForwarder() prints lines on the console, and the number of those it dropped', async (t) => {
	let shown = '';
	const written = Promise.withResolvers<void>();
	const show = (line: string) => {
		shown += line;
		if (line.includes('last')) written.resolve();
	};
	const forwarder = forward(t, { driver: 'console' }, { ...quickLimits, queueBytes: 2000 }, show);
	forwarder.take(records('first'));
	for (let line = 0; line < 100; line++) forwarder.take(records(`line ${line}`));
	forwarder.take(records('last'));
	await written.promise;
	t.regex(shown, /^redis: first\r\nredis: \.\.\. \d+ lines were dropped[^\r]*\r\nredis: line \d+\r\n/);
	t.true(shown.endsWith('redis: last\r\n'));
});

test('createForwarder() sends the remaining records when it is closed', async (t) => {
	const receiver = await tcpReceiver();
	const forwarder = forward(t, { driver: 'tcp', address: `127.0.0.1:${receiver.port}` });
	forwarder.take(records('last words'));
	forwarder.close();
	await receiver.until((received) => received.includes('last words'));
	t.regex(receiver.received(), /last words/);
	await receiver.stop();
});

test('createForwarder() stops at an absent receiver once it is closed', async (t) => {
	// A process of its own ends only when no handle is left.
	const script = `
		import { createForwarder, receiverOf } from '${resolve('supervisor/logs/log-forwarder.ts')}';
		const receiver = receiverOf({ driver: 'tcp', address: '127.0.0.1:${await freePort()}' }, 'redis', () => {});
		const forwarder = createForwarder(receiver, { onAbsent() {}, onBack() {} });
		forwarder.take(Buffer.from(${JSON.stringify(records('to nobody').toString())}));
		forwarder.close();
		forwarder.close();`;
	const ended = await runProgram(process.execPath, ['--input-type=module', '-e', script]);
	t.is(ended.exitCode, 0, ended.stderr);
});

const unusable = test.macro({
	exec(t, rules: LogRules, message: string) {
		t.throws(() => receiverOf(rules, 'redis', () => undefined), { code: 'ERR_FORWARD_ADDRESS', message });
	},
	title: (_, rules: LogRules) => `receiverOf() refuses ${rules.driver} to ${rules.address ?? 'nowhere'}`,
});

test(unusable, { driver: 'tcp' }, 'the log driver tcp needs an address HOST:PORT; it is missing');
test(
	unusable,
	{ driver: 'tcp', address: 'udp://a:1' },
	'the log driver tcp needs an address HOST:PORT; it is udp://a:1',
);
test(
	unusable,
	{ driver: 'syslog', address: 'a' },
	'the log driver syslog needs an address HOST:PORT or udp://HOST:PORT; it is a',
);

test('receiverOf() returns null when the rules name no driver', (t) => {
	t.is(
		receiverOf({}, 'redis', () => undefined),
		null,
	);
});
