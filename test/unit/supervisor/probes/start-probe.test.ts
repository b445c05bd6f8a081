// Tests each kind of probe with real programs in real namespaces; `exec` is in test/ns, with containerd.

import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { Native } from '../../../../native/native.ts';
import type { Probe, ProbeKind } from '../../../../supervisor/contract/supervision.ts';
import {
	describeProbe,
	type ProbeResult,
	type ProbeTarget,
	startProbe,
} from '../../../../supervisor/probes/start-probe.ts';
import { identifyProcess, type ProcessIdentity } from '../../../../supervisor/process/process-identity.ts';
import { addonFile, openAddon } from '../../../helpers/addon.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';
import { startStandIn } from './container-stand-in.ts';

const native = await openAddon();
const run = promisify(execFile);
const own: ProcessIdentity = identifyProcess(process.pid) ?? { pid: 0, startTicks: '' };
const dependencies = { native, now: () => performance.now() };

const probe = (how: ProbeKind, rules: Partial<Probe> = {}): Probe => ({
	how,
	intervalMs: 20,
	timeoutMs: 5000,
	retries: 1,
	...rules,
});

const target = (change: Partial<ProbeTarget> = {}): ProbeTarget => ({
	purpose: 'ready',
	process: own,
	container: { run: () => Promise.reject(new Error('not in this test')) },
	spec: {},
	notify: null,
	...change,
});

/** Resolves with the first results, in words. */
function results(
	asked: Probe,
	about: ProbeTarget,
	count = 1,
	onResult: (result: string) => void = () => {},
	used: { native: Native; now(): number } = dependencies,
): Promise<string[]> {
	const reported: string[] = [];
	return new Promise((resolve) => {
		const running = startProbe(asked, about, used, (result: ProbeResult) => {
			reported.push(result.works ? 'works' : result.reason);
			onResult(reported.at(-1) ?? '');
			if (reported.length < count) return;
			running.stop();
			resolve(reported);
		});
	});
}

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

test('startProbe() of tcp and http, in a network namespace of its own', async (t) => {
	const up = 'ip link set lo up; httpd -p 127.0.0.1:8080 -h /etc && echo up; exec cat';
	const { process: container } = await startStandIn(t, up);
	const inside = target({ process: container });
	// A program that listens on that port outside the namespace must not answer.
	t.deepEqual(await results(probe({ tcp: 8080 }), inside), ['works']);
	t.deepEqual(await results(probe({ tcp: 8081 }), inside), ['tcp 8081: connection refused']);
	t.deepEqual(await results(probe({ http: 'http://localhost:8080/nothing' }), inside), [
		'http http://localhost:8080/nothing: status 404',
	]);
	t.deepEqual(await results(probe({ http: 'http://10.1.2.3/' }), inside), [
		'http http://10.1.2.3/: network is unreachable',
	]);
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
	while (closed < 2) await new Promise(setImmediate);
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

test("startProbe() of file sees the container's root, and nothing outside of it", async (t) => {
	const { process: container, root } = await startStandIn(t, 'echo up; exec cat');
	const inside = target({ process: container });
	writeFileSync(join(root, 'run/ready'), '');
	symlinkSync('/run/ready', join(root, 'link'));
	symlinkSync('../../../../../../../../../../etc/passwd', join(root, 'run/escape'));
	mkdirSync(join(root, 'run/folder'));
	const asks = async (file: string) => (await results(probe({ file }), inside))[0];
	for (const file of ['/run/ready', 'run/ready', '/link', '/run/folder', '/'])
		t.is(await asks(file), 'works');
	t.is(await asks('/etc/passwd'), 'file /etc/passwd: no such file or directory');
	t.is(await asks('/run/escape'), 'file /run/escape: no such file or directory');
	t.is(await asks('/proc/1/root/etc'), 'file /proc/1/root/etc: too many symbolic links encountered');
});

test('startProbe() does not count a process that has ended, or another one with its pid', async (t) => {
	const standIn = await startStandIn(t, 'echo up; exec cat');
	const other = { ...own, startTicks: '1' };
	await standIn.stop();
	for (const process of [standIn.process, other]) {
		let asked = 0;
		const about = target({ process });
		const clock = {
			native,
			now() {
				asked++;
				return performance.now();
			},
		};
		const running = startProbe(probe({ file: '/' }), about, clock, () => t.fail());
		while (asked < 50) await new Promise(setImmediate);
		running.stop();
	}
	t.pass();
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

test('startProbe() leaves no descriptor, thread or child behind', async (t) => {
	// Runs in a process of its own, so that the descriptors of other tests do not count.
	const program = join(import.meta.dirname, 'leaks.ts');
	const { stdout } = await run(process.execPath, ['--no-warnings', program, await addonFile()], {
		timeout: 60_000,
	});
	t.deepEqual(JSON.parse(stdout), { descriptors: 0, threads: 0, children: 0 });
});
