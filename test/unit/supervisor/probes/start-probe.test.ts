// Tests each kind of probe with real programs; `exec`, and a container of its own, are in test/ns.

import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Native } from '../../../../native/native.ts';
import type { ProbeKind } from '../../../../supervisor/contract/supervision.ts';
import { describeProbe } from '../../../../supervisor/probes/start-probe.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';
import { dependencies, native, probe, results, target } from './probe-results.ts';

async function listen(t: ExecutionContext, answer: (server: Server) => void, port = 0): Promise<number> {
	const server = createServer();
	answer(server);
	server.listen(port, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	t.teardown(() => void server.close());
	const address = server.address();
	return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Serves these bytes to each client. */
const serves = (text: string) => (server: Server) =>
	void server.on('connection', (socket) => {
		socket.on('error', () => {});
		socket.once('data', () => socket.end(text));
	});

const silent = (server: Server) =>
	void server.on('connection', (socket) => {
		socket.on('error', () => {});
		socket.resume();
	});

test('startProbe() of tcp, in the network namespace of PID 1', async (t) => {
	const port = await listen(t, silent);
	t.deepEqual(await results(probe({ tcp: port }), target()), ['works']);
	t.deepEqual(await results(probe({ tcp: port, host: '127.0.0.1' }), target()), ['works']);
	t.deepEqual(await results(probe({ tcp: port, host: '::1' }), target()), [
		`tcp ::1:${port}: connection refused`,
	]);
	t.deepEqual(await results(probe({ tcp: 1 }), target()), ['tcp 1: connection refused']);
});

test('startProbe() of http: statuses that work and that fail', async (t) => {
	const asks = async (text: string): Promise<string> => {
		const port = await listen(t, serves(text));
		const [result = ''] = await results(probe({ http: `http://127.0.0.1:${port}/x` }), target());
		return result.replace(`http http://127.0.0.1:${port}/x: `, '');
	};
	t.is(await asks('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'), 'works');
	t.is(await asks('HTTP/1.1 399 Odd\r\n\r\n'), 'works');
	t.is(await asks('HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n'), 'works');
	t.is(await asks(`HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n${'x'.repeat(1e6)}`), 'works');
	t.is(await asks('HTTP/1.1 400 Bad\r\n\r\n'), 'status 400');
	t.is(await asks('HTTP/1.1 503 Busy\r\n\r\n'), 'status 503');
	t.regex(await asks('220 mail.example ESMTP\r\n'), /^Parse Error/);
	t.regex(
		await asks(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`),
		/^Parse Error: Header overflow/,
	);
	t.is(await asks(''), 'socket hang up');
});

test('startProbe() of http: the request closes its connection', async (t) => {
	let asked = '';
	const port = await listen(t, (server) => {
		server.on('connection', (socket) => {
			socket.once('data', (bytes) => {
				asked = bytes.toString();
				socket.end('HTTP/1.1 204 None\r\n\r\n');
			});
		});
	});
	await results(probe({ http: `http://127.0.0.1:${port}/health?deep=1` }), target());
	t.is(asked, `GET /health?deep=1 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
});

const impossible = test.macro({
	async exec(t, how: ProbeKind, expected: RegExp) {
		const [result = ''] = await results(probe(how), target());
		t.regex(result, expected);
	},
	title: (_, _how, expected) => `startProbe() of a probe that is not possible: ${String(expected)}`,
});

test(impossible, { http: 'nonsense' }, /^http nonsense: it is not a URL$/);
test(impossible, { http: 'https://localhost/' }, /only http: can be asked, not https:$/);
test(impossible, { tcp: 70_000 }, /^tcp 70000: .*port/i);
test(impossible, { tcp: 80, host: 'no-such-host.invalid' }, /the host no-such-host\.invalid is not known/);
test(impossible, { file: 'a\0b' }, /without NUL bytes/);

test('startProbe() reports a service that does not answer, and closes the connection', async (t) => {
	let closed = 0;
	const port = await listen(t, (server) => {
		server.on('connection', (socket) => {
			socket.resume();
			socket.on('close', () => closed++);
		});
	});
	const asked = probe({ http: `http://127.0.0.1:${port}/` }, { timeoutMs: 30, retries: 2 });
	t.deepEqual(await results(asked, target()), [`http http://127.0.0.1:${port}/: no answer in 30 ms`]);
	await eventually(() => closed >= 2, { pauseMs: 5 });
	t.is(closed, 2);
});

test('startProbe() of health continues, and reports each change', async (t) => {
	const folder = scratchFolder();
	const path = join(folder, 'healthy');
	const change = (result: string) => (result === 'works' ? rmSync(path) : writeFileSync(path, ''));
	const reported = await results(probe({ file: path }), target({ purpose: 'health' }), 4, change);
	const gone = `file ${path}: no such file or directory`;
	t.deepEqual(reported, [gone, 'works', gone, 'works']);
});

test('startProbe() of ready waits for a service that starts late', async (t) => {
	const path = join(scratchFolder(), 'ready');
	let asked = 0;
	const counting: Native = {
		...native,
		lookUpInRoot(rootFd, name, reportFd) {
			if (++asked === 3) writeFileSync(path, '');
			native.lookUpInRoot(rootFd, name, reportFd);
		},
	};
	const used = { ...dependencies, native: counting };
	t.deepEqual(await results(probe({ file: path }, { retries: 9 }), target(), 1, undefined, used), ['works']);
	t.is(asked, 3);
});

test('describeProbe() names the kind and its target', (t) => {
	const kinds: readonly ProbeKind[] = [
		{ tcp: 1 },
		{ tcp: 1, host: '::1' },
		{ http: 'http://x/' },
		{ exec: ['a', 'b'] },
		{ file: '/x' },
		{ notify: true },
		{ exec: ['sh', '-c', 'x'.repeat(99)] },
	];
	t.deepEqual(kinds.map(describeProbe), [
		'tcp 1',
		'tcp ::1:1',
		'http http://x/',
		'exec a b',
		'file /x',
		'notify',
		`exec sh -c ${'x'.repeat(68)}…`,
	]);
});
