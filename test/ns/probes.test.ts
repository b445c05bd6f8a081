// Probes of services that the real containerd runs: what goes into the container, and what must not come out.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createContainerdClient } from '../../supervisor/containerd/containerd-client.ts';
import type { Containerd } from '../../supervisor/containerd/containerd-process.ts';
import { connectGrpc, type GrpcConnection } from '../../supervisor/containerd/grpc-connection.ts';
import { createServiceContainer } from '../../supervisor/containerd/service-container.ts';
import type { JsonRecord } from '../../supervisor/contract/json-shape.ts';
import type { Mount } from '../../supervisor/contract/runtime-config.ts';
import type { Probe, ProbeKind } from '../../supervisor/contract/supervision.ts';
import { withNotifySocket } from '../../supervisor/probes/notify-protocol.ts';
import { type NotifySocket, openNotifySocket } from '../../supervisor/probes/notify-socket.ts';
import { type ProbeTarget, startProbe } from '../../supervisor/probes/start-probe.ts';
import { identifyProcess } from '../../supervisor/process/process-identity.ts';
import { openAddon } from '../helpers/addon.ts';
import { eventually } from '../helpers/eventually.ts';
import { processesNaming, type SupervisedGuest, startGuest } from './supervised-guest.ts';

const forever = 'trap "exit 0" TERM; while :; do sleep 0.05; done';
const native = await openAddon();
const dependencies = { native, now: () => performance.now() };

interface SpecOfTest {
	readonly process: { readonly env: readonly string[] };
	readonly mounts: readonly Mount[];
}

/** Adds a service; `change` has the last word on its config.json. */
function addService(
	guest: SupervisedGuest,
	name: string,
	script: string,
	change: (spec: SpecOfTest) => JsonRecord = (spec) => ({ ...spec }),
): void {
	guest.addBundle(`services/${name}`, script);
	const config = join(guest.root, 'containers/services', name, 'config.json');
	writeFileSync(config, JSON.stringify(change(readSpec(config))));
}

function readSpec(config: string): SpecOfTest {
	return JSON.parse(readFileSync(config, 'utf8')) as SpecOfTest;
}

/** One connection, which is opened again when it is lost, like the supervisor's. */
function connector(t: ExecutionContext, guest: SupervisedGuest): () => Promise<GrpcConnection> {
	let current: Promise<GrpcConnection> | null = null;
	t.teardown(async () => (await current?.catch(() => null))?.close());
	return () => {
		current ??= connectGrpc(join(guest.root, 'c.sock'));
		const forget = () => {
			current = null;
		};
		current.then(({ closed }) => closed.then(forget), forget);
		return current;
	};
}

async function targetOf(
	t: ExecutionContext,
	guest: SupervisedGuest,
	name: string,
	notify: NotifySocket | null = null,
): Promise<ProbeTarget> {
	const running = await guest.next((line) => line.name === name && line.state === 'running');
	const process = identifyProcess(running.pid ?? 0);
	if (process === null) throw new Error(`${name} has ended`);
	const containerd: Pick<Containerd, 'connection'> = { connection: connector(t, guest) };
	const spec = readSpec(join(guest.root, 'containers/services', name, 'config.json')).process;
	const container = createServiceContainer(name, guest.id, containerd, native);
	return { purpose: 'ready', process, container, spec: { ...spec }, notify };
}

function resultOf(how: ProbeKind, target: ProbeTarget, rules: Partial<Probe> = {}): Promise<string> {
	const probe: Probe = { how, intervalMs: 100, timeoutMs: 20_000, retries: 1, ...rules };
	return new Promise((resolve) => {
		const running = startProbe(probe, target, dependencies, (result) => {
			running.stop();
			resolve(result.works ? 'works' : result.reason);
		});
	});
}

const sh = (script: string): ProbeKind => ({ exec: ['/bin/sh', '-c', script] });

test.serial('startProbe() of exec runs a program as the container runs its own', async (t) => {
	const guest = await startGuest(t);
	addService(guest, 'app', forever, (spec) => ({
		...spec,
		process: {
			...spec.process,
			env: [...spec.process.env, 'MARK=of the service'],
			user: { uid: 1000, gid: 1001 },
			cwd: '/tmp',
			noNewPrivileges: true,
			capabilities: { bounding: ['CAP_CHOWN'], permitted: [], effective: [], inheritable: [] },
		},
	}));
	await guest.command('start');
	const target = await targetOf(t, guest, 'app');
	const status = (line: string) =>
		sh(
			`while read name value; do [ "$name $value" = "${line}" ] && exit 0; done < /proc/self/status; exit 1`,
		);
	t.is(await resultOf(sh('[ "$MARK" = "of the service" ] && [ $PWD = /tmp ]'), target), 'works');
	t.is(await resultOf(status('CapBnd: 0000000000000001'), target), 'works');
	t.is(await resultOf(status('CapEff: 0000000000000000'), target), 'works');
	t.is(await resultOf(status('NoNewPrivs: 1'), target), 'works');
	t.is(await resultOf(status('Uid: 1000\t1000\t1000\t1000'), target), 'works');
	await guest.command('stop 3000');
});

test.serial('startProbe() of exec: what fails, what hangs, and what an earlier PID 1 left', async (t) => {
	const guest = await startGuest(t);
	addService(guest, 'app', forever);
	await guest.command('start');
	const target = await targetOf(t, guest, 'app');
	// Before the first probe: runc may still be on its way out of one.
	const before = processesNaming(guest.root, guest.id).length;
	const isAllGone = () =>
		eventually(() => processesNaming(guest.root, guest.id).length <= before, { pauseMs: 10 });
	t.is(
		await resultOf({ exec: ['/bin/nope'] }, target),
		'exec /bin/nope: exec: "/bin/nope": stat /bin/nope: no such file or directory',
	);
	t.is(
		await resultOf(sh('kill -9 $$'), target),
		'exec /bin/sh -c kill -9 $$: exited with status 137 (SIGKILL)',
	);
	const output = join(guest.root, 'run/probe/app.ready');
	t.is(
		await resultOf(sh('echo all is lost >&2; exit 3'), { ...target, output }),
		'exec /bin/sh -c echo all is lost >&2; exit 3: exited with status 3: all is lost',
	);
	const hangs = sh('trap "" TERM; sleep 1234');
	t.is(
		await resultOf(hangs, { ...target, purpose: 'health' }, { timeoutMs: 300 }),
		'exec /bin/sh -c trap "" TERM; sleep 1234: no answer in 300 ms',
	);
	await isAllGone();
	const calls = createContainerdClient(await connector(t, guest)(), guest.id);
	await calls.addProcess(
		'app',
		'slipway-ready',
		JSON.stringify({ ...target.spec, args: ['/bin/sleep', '999'] }),
	);
	await calls.startProcess('app', 'slipway-ready');
	t.is(await resultOf(sh('exit 0'), target), 'works');
	await isAllGone();
	await guest.command('stop 3000');
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});

test.serial('startProbe() of exec: that containerd is away is not held against the service', async (t) => {
	const guest = await startGuest(t);
	addService(guest, 'app', forever);
	await guest.command('start');
	const target = await targetOf(t, guest, 'app');
	process.kill(guest.containerdPid(), 'SIGKILL');
	t.is(await resultOf(sh('exit 0'), target), 'works');
	await guest.command('stop 3000');
});

test.serial('startProbe() of tcp and file in a container', async (t) => {
	const guest = await startGuest(t);
	addService(
		guest,
		'app',
		`busybox ip link set lo up; echo > /tmp/ready; busybox httpd -p 6379; ${forever}`,
		(spec) => ({
			...spec,
			process: {
				...spec.process,
				capabilities: Object.fromEntries(
					['bounding', 'permitted', 'effective'].map((set) => [set, ['CAP_NET_ADMIN']]),
				),
			},
		}),
	);
	await guest.command('start');
	const target = await targetOf(t, guest, 'app');
	t.is(await resultOf({ file: '/tmp/ready' }, target, { retries: 100 }), 'works');
	t.is(await resultOf({ tcp: 6379 }, target, { retries: 100 }), 'works');
	t.is(await resultOf({ tcp: 6380 }, target), 'tcp 6380: connection refused');
	await guest.command('stop 3000');
});

/** Sends again and again: the listener may start later, or start again. */
const sendScript = `use Socket; $SIG{TERM} = sub { exit }; socket(S, AF_UNIX, SOCK_DGRAM, 0) or die;
	while (1) { send(S, $ARGV[0], 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET})); select(undef, undef, undef, 0.02) }`;

/** A service with perl, from the host's /usr, that sends a message as an ordinary user and runs on. */
function addSender(
	guest: SupervisedGuest,
	name: string,
	folder: string,
	text: string,
	dev: readonly Mount[],
): void {
	mkdirSync(folder, { recursive: true });
	addService(guest, name, '', (spec) => {
		const borrowed = ['/usr', '/lib', '/lib64'].map((path) => ({
			destination: path,
			type: 'bind',
			source: path,
			options: ['rbind', 'ro'],
		}));
		const own = { args: ['/usr/bin/perl', '-e', sendScript, text], user: { uid: 1000, gid: 1000 } };
		const mounts = [...spec.mounts, ...dev, ...borrowed];
		return withNotifySocket({ ...spec, mounts, process: { ...spec.process, ...own } }, folder, null);
	});
}

/** The /dev of a read-only container of LinuxKit's. */
const DEV: Mount = {
	destination: '/dev',
	type: 'tmpfs',
	source: 'tmpfs',
	options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k', 'ro'],
};

for (const dev of [[DEV], []]) {
	test.serial(
		`startProbe() of notify receives from a container, ${dev.length} mounts of /dev, and no other one`,
		async (t) => {
			const guest = await startGuest(t);
			const folder = join(guest.root, 'n/app');
			addSender(guest, 'app', folder, 'READY=1\nSTATUS=from inside', dev);
			// One that has got hold of the folder.
			addSender(guest, 'forger', folder, 'STATUS=forged', dev);
			const { notify, troubles } = openNotify(t, folder);
			await guest.command('start');
			const target = await targetOf(t, guest, 'app', notify);
			notify.attend(target.process.pid);
			t.is(await resultOf({ notify: true }, target, { intervalMs: 20_000 }), 'works');
			await eventually(() => troubles.length > 0, { pauseMs: 10 });
			t.regex(troubles.join(), /^process \d+ is gone or in another container$/);
			t.like(notify.state(), { ready: true, status: 'from inside' });
			// PID 1 does the same after a crash.
			const again = openNotify(t, folder).notify;
			again.attend(target.process.pid);
			t.is(await resultOf({ notify: true }, { ...target, notify: again }, { intervalMs: 20_000 }), 'works');
			await guest.command('stop 3000');
		},
	);
}

function openNotify(t: ExecutionContext, folder: string) {
	const troubles: string[] = [];
	const notify = openNotifySocket(native, folder, (reason) => troubles.push(reason));
	t.teardown(() => notify.close());
	return { notify, troubles };
}
