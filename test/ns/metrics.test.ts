// The server of the package `metrics`, as a process without privileges, between PID 1's metrics socket and HTTP clients. The
// figures are read by Prometheus' own client library.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import ava, { type ExecutionContext } from 'ava';
import type { Pid1Status, ServiceStats } from '../../supervisor/contract/protocol.ts';
import { openMetricsServer } from '../../supervisor/control/metrics-server.ts';
import { metricsText } from '../../supervisor/control/metrics-text.ts';
import { buildStaticProgram } from '../../tools/build/build-static-program.ts';
import { eventually } from '../helpers/eventually.ts';
import { parsePrometheus } from '../helpers/prometheus.ts';
import { scratchFolder } from '../helpers/scratch.ts';

const test = ava.serial;
const port = 19_101;
const nobody = 65_534;

const hostile = 'a"b\\c\nd';
const redis: ServiceStats = {
	...{ name: 'redis', state: 'ready', ready: true, pid: 7, restarts: 2 },
	...{ memoryBytes: 1024, cpuSeconds: 1.25, tasks: 3, logLines: 9 },
};
const pid1: Pid1Status = {
	...{ residentBytes: 1, heapUsedBytes: 2, heapTotalBytes: 3, heapCodeBytes: 4 },
	...{ heapLimitBytes: 5, externalBytes: 6, openFiles: 7 },
};

interface Running {
	readonly server: ChildProcess;
	/** The socket of PID 1. */
	readonly path: string;
}

async function start(t: ExecutionContext): Promise<Running> {
	const root = scratchFolder(t);
	const program = join(root, 'metrics-server');
	await buildStaticProgram('metrics-server', program, [`ROOT="${root}"`]);
	chmodSync(root, 0o755);
	const server = spawn(program, [String(port)], { stdio: 'ignore', uid: nobody, gid: nobody });
	t.teardown(async () => {
		if (server.exitCode !== null) return;
		server.kill('SIGKILL');
		await once(server, 'exit');
	});
	await eventually(async () => (await isListening()) || null);
	return { server, path: join(root, 'run/slipway/metrics/metrics.sock') };
}

async function isListening(): Promise<boolean> {
	const socket = connect(port, '127.0.0.1');
	try {
		await once(socket, 'connect');
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

function giveFigures(t: ExecutionContext, path: string): void {
	const figures = async () =>
		metricsText({ services: [redis, { ...redis, name: hostile }], readySeconds: 4.5 }, pid1);
	const metrics = openMetricsServer(path, figures, (error) => t.fail(error.message));
	t.teardown(() => metrics.close());
}

async function send(request: string): Promise<string> {
	const socket: Socket = connect(port, '127.0.0.1');
	socket.write(request);
	return await text(socket);
}

const url = `http://127.0.0.1:${port}`;

test('metrics: the client library of Prometheus reads every figure, of a service with a hostile name too', async (t) => {
	const { server, path } = await start(t);
	giveFigures(t, path);
	const response = await eventually(async () => {
		const answer = await fetch(`${url}/metrics`);
		return answer.status === 200 ? answer : null;
	});
	t.is(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
	const samples = parsePrometheus(await response.text());
	const of = (name: string, service: string) =>
		samples.find((each) => each.name === name && each.labels['service'] === service)?.value;
	for (const service of ['redis', hostile]) {
		t.is(of('slipway_service_restarts_total', service), 2);
		t.is(of('slipway_service_cpu_seconds_total', service), 1.25);
		t.is(of('slipway_service_log_lines_total', service), 9);
		const states = samples.filter(
			({ name, labels }) => name === 'slipway_service_state' && labels['service'] === service,
		);
		t.deepEqual(
			states.filter(({ value }) => value === 1).map(({ labels }) => labels['state']),
			['ready'],
		);
	}
	t.is(samples.find(({ name }) => name === 'slipway_boot_ready_seconds')?.value, 4.5);
	server.kill('SIGTERM');
	t.deepEqual(await once(server, 'exit'), [0, null]);
});

test('metrics: what is no request for the figures is refused, and holds up nobody', async (t) => {
	const { path } = await start(t);
	t.is((await fetch(`${url}/metrics`)).status, 503, 'without PID 1');
	giveFigures(t, path);
	await eventually(async () => (await fetch(`${url}/metrics?x=1`)).status === 200 || null);
	const silent = connect(port, '127.0.0.1');
	t.teardown(() => silent.destroy());
	t.is((await fetch(url)).status, 404);
	t.is((await fetch(`${url}/metricsx`)).status, 404);
	t.is((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status, 405);
	t.regex(await send('GET\r\n\r\n'), /^HTTP\/1\.1 405 /);
	t.regex(await send('GET /metrics'.padEnd(9000, 'x')), /^HTTP\/1\.1 400 /);
	const head = await send('HEAD /metrics HTTP/1.1\r\n\r\n');
	t.regex(head, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/);
});
