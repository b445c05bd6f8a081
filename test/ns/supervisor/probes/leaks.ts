// A process that start-probe.test.ts runs: counts the descriptors, threads and children that many probes leave.

import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Native } from '../../../../native/native.ts';
import { openNative } from '../../../../native/open.ts';
import type { ProbeKind } from '../../../../supervisor/contract/supervision.ts';
import { openNotifySocket } from '../../../../supervisor/probes/notify-socket.ts';
import { type ProbeTarget, startProbe } from '../../../../supervisor/probes/start-probe.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { startStandIn } from './container-stand-in.ts';

const rounds = 20;
const timeoutMs = 20_000;

const native = openNative(process.argv[2] ?? '');
const teardowns: (() => unknown)[] = [];
const teardown = (done: () => unknown) => void teardowns.push(done);
const { process: container } = await startStandIn({ teardown }, 'ip link set lo up; echo up; exec cat');
const target: ProbeTarget = {
	purpose: 'ready',
	process: container,
	container: { run: () => Promise.reject(new Error('not here')) },
	spec: {},
	notify: null,
};

function ask(how: ProbeKind, used: Native = native): Promise<void> {
	const probe = { how, intervalMs: 10, timeoutMs: 1000, retries: 1 };
	const dependencies = { native: used, now: () => performance.now() };
	return new Promise((resolve) => {
		startProbe(probe, target, dependencies, () => resolve());
	});
}

const refuse = () => {
	throw new Error('no more of them');
};

async function round(): Promise<void> {
	await ask({ tcp: 1 });
	await ask({ tcp: 70_000 });
	await ask({ tcp: 1, host: '10.0.0.1' });
	await ask({ http: 'http://localhost:1/' });
	await ask({ file: '/nothing' });
	await ask({ file: '/\0' });
	await ask({ file: '/' }, { ...native, pipe: refuse });
	await ask({ file: '/' }, { ...native, lookUpInRoot: refuse });
	const stopped = { how: { tcp: 1 }, intervalMs: 10, timeoutMs: 10, retries: 1 };
	startProbe(stopped, target, { native, now: () => performance.now() }, refuse).stop();
	// Nobody reads the answer.
	const [answer, report] = native.pipe();
	closeSync(answer);
	native.lookUpInRoot(openSync('/', 'r'), '/', report);
	const folder = join(tmpdir(), `slipway-leaks-${process.pid}`);
	const notify = openNotifySocket(native, join(folder, 'n'), refuse);
	notify.attend(container.pid);
	notify.close();
	rmSync(folder, { recursive: true });
}

function count() {
	const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').length;
	return [readdirSync('/proc/self/fd').length, readdirSync('/proc/self/task').length, children];
}

await round();
const before = count();
for (let i = 0; i < rounds; i++) await round();
const left = () => count().map((there, index) => Math.max(0, there - (before[index] ?? 0)));
await eventually(() => left().every((there) => there === 0) || null, { timeoutMs, pauseMs: 1 }).catch(
	() => undefined,
);
const [descriptors, threads, children] = left();
console.log(JSON.stringify({ descriptors, threads, children }));
for (const done of teardowns) await done();
