// A supervisor with the real runc and containerd outside of a virtual machine: in a process of its own
// (supervisor-host.ts), with folders of its own, that a test starts, talks to and makes crash.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	copyFileSync,
	existsSync,
	linkSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { Supervision } from '../../supervisor/contract/supervision.ts';
import type { LogStream } from '../../supervisor/logs/log-line.ts';
import { readLog } from '../../supervisor/logs/log-reader.ts';
import type { StartTimeouts } from '../../supervisor/service/service-unit.ts';
import { buildAddon } from '../../tools/build/build-addon.ts';
import { eventually } from '../helpers/eventually.ts';
import { findProgram } from '../helpers/program.ts';

export interface HostLine {
	/** The name of a command that is done, an event of the contract, or a level of the log. */
	readonly done?: string;
	readonly event?: string;
	readonly name?: string;
	readonly state?: string;
	readonly pid?: number;
	readonly level?: string;
	readonly message?: string;
	readonly restarts?: number;
	readonly power?: string;
}

export interface SupervisedGuest {
	readonly root: string;
	/** Unique, for whatever is not under `root`: cgroups, containerd's namespace. */
	readonly id: string;
	readonly lines: readonly HostLine[];
	/** The process that stands in for PID 1. */
	readonly hostPid: number;
	addBundle(
		place: string,
		script: string,
		runtime?: Record<string, unknown>,
		supervision?: Supervision,
	): void;
	/** Sends a command to the supervisor and waits until it is done. */
	command(line: string, timeoutMs?: number): Promise<void>;
	/** The first line that fits, of those not yet taken by `next`. */
	next(fits: (line: HostLine) => boolean): Promise<HostLine>;
	/** The first line for each check, in the order of the checks: services start side by side, and either may be the first. */
	nextOfEach(checks: readonly ((line: HostLine) => boolean)[]): Promise<readonly HostLine[]>;
	/** The supervisor's process replaces itself, as PID 1 does after a crash. */
	crash(): Promise<void>;
	log(name: string): string;
	/** Returns the output of a service on one stream, from its log. */
	output(name: string, stream: LogStream): string;
	containerdPid(): number;
}

/** Ample: machines are shared. */
const startTimeoutMs = 300_000;
/** A line of a supervisor that runs comes within seconds, on a busy machine within a minute. */
const lineTimeoutMs = 120_000;

/** A service that ends when it is asked to, and says so. */
export const forever = 'trap "echo bye; exit 0" TERM; while :; do sleep 0.05; done';

/** Returns a check whether a line reports this state of a service. */
export const service = (name: string, state: string) => (line: HostLine) =>
	line.event === 'service' && line.name === name && line.state === state;

/** `runtime.json` of a bundle with a writable layer. */
export const writable = (folder: string) => ({
	mounts: [
		{ destination: `${folder}/tmp`, type: 'tmpfs', source: 'tmpfs' },
		{ destination: `${folder}/tmp`, options: ['remount', 'private'] },
		{
			destination: `${folder}/rootfs`,
			type: 'overlay',
			source: 'overlay',
			options: [`lowerdir=${folder}/lower`, `upperdir=${folder}/tmp/upper`, `workdir=${folder}/tmp/work`],
		},
	],
});

/** Returns the variable by which the host's process starts faster, when the test itself has such a cache (test/run.ts). */
function compileCacheOfTests(): NodeJS.ProcessEnv {
	const folder = getCompileCacheDir();
	return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

/** @param around - words before its program, such as those of unshare(1) */
export async function startGuest(
	t: Pick<ExecutionContext, 'teardown'>,
	startTimeouts?: StartTimeouts,
	around: readonly string[] = [],
): Promise<SupervisedGuest> {
	const root = mkdtempSync(join(tmpdir(), 'slipway-guest-'));
	const id = `slipway-${root.slice(-6)}`;
	const addon = join(root, 'native.node');
	await buildAddon(addon);
	writeFileSync(
		join(root, 'containerd.toml'),
		`version = 2
root = "${root}/containerd/root"
state = "${root}/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${root}/c.sock"
[ttrpc]
  address = "${root}/c.sock.ttrpc"
`,
	);
	const script = fileURLToPath(new URL('supervisor-host.ts', import.meta.url));
	const [program = '', ...words] = [...around, process.execPath, '--no-warnings', script, root, addon];
	const timeouts = startTimeouts ? [JSON.stringify(startTimeouts)] : [];
	const host = spawn(program, [...words, ...timeouts], {
		stdio: ['pipe', 'pipe', 'inherit'],
		env: { ...process.env, ...compileCacheOfTests() },
	});
	const lines: HostLine[] = [];
	let taken = 0;
	let isCleared = false;
	let arrived = Promise.withResolvers<void>();
	createInterface({ input: host.stdout }).on('line', (line) => {
		lines.push(JSON.parse(line) as HostLine);
		arrived.resolve();
		arrived = Promise.withResolvers();
	});

	const next: SupervisedGuest['next'] = async (fits) => (await nextOfEach([fits]))[0] as HostLine;

	async function nextOfEach(checks: readonly ((line: HostLine) => boolean)[]): Promise<readonly HostLine[]> {
		const deadline = Date.now() + lineTimeoutMs;
		while (Date.now() < deadline) {
			const places = checks.map((fits) => lines.findIndex((line, at) => at >= taken && fits(line)));
			if (!places.includes(-1)) {
				taken = Math.max(...places) + 1;
				return places.map((at) => lines[at] as HostLine);
			}
			await Promise.race([arrived.promise, pause(deadline - Date.now(), undefined, { ref: false })]);
		}
		throw new Error(
			`no such line in ${lineTimeoutMs} ms; there were:\n${lines.map((line) => JSON.stringify(line)).join('\n')}`,
		);
	}

	const guest: SupervisedGuest = {
		root,
		id,
		lines,
		hostPid: host.pid ?? 0,
		next,
		nextOfEach,
		addBundle(place, script, runtime = {}, supervision = undefined) {
			addBusyboxBundle(root, id, place, ['/bin/sh', '-c', script], runtime);
			if (supervision === undefined) return;
			writeFileSync(join(root, 'containers', place, 'supervision.json'), JSON.stringify(supervision));
		},
		async command(line, timeoutMs = startTimeoutMs) {
			const word = line.split(' ')[0];
			const count = () => lines.filter((received) => received.done === word).length;
			const before = count();
			host.stdin.write(`${line}\n`);
			// One that a crash has cut off ends with the test, which would wait for it.
			const isDone = () => isCleared || count() > before;
			await eventually(isDone, { timeoutMs, pauseMs: 10, what: line }).catch((error: Error) => {
				throw new Error(`${error.message}; there were:\n${JSON.stringify(lines)}`);
			});
		},
		async crash() {
			const starts = () => lines.filter((line) => line.done === 'hello').length;
			const before = starts();
			host.stdin.write('crash\n');
			const what = 'the start after a crash';
			await eventually(() => starts() > before, { timeoutMs: startTimeoutMs, pauseMs: 10, what });
		},
		log(name) {
			const path = join(root, 'var/log', name);
			return existsSync(path) ? readFileSync(path, 'utf8') : '';
		},
		output(name, stream) {
			const records = [...readLog(join(root, 'var/log', `${name}.log`), { stream })];
			return records.map(({ text, partial }) => `${text.toString()}${partial ? '' : '\n'}`).join('');
		},
		containerdPid() {
			const saved = JSON.parse(readFileSync(join(root, 'run/slipway/containerd.json'), 'utf8')) as {
				pid: number;
			};
			return saved.pid;
		},
	};
	t.teardown(async () => {
		isCleared = true;
		await clearAway(host, root, id);
	});
	return guest;
}

export function addBusyboxBundle(
	root: string,
	id: string,
	place: string,
	args: readonly string[],
	runtime: Record<string, unknown>,
): void {
	const folder = join(root, 'containers', place);
	const image = join(folder, runtime['mounts'] === undefined ? 'rootfs' : 'lower');
	mkdirSync(join(folder, 'rootfs'), { recursive: true });
	for (const name of ['bin', 'proc', 'dev', 'tmp']) mkdirSync(join(image, name), { recursive: true });
	linkSync(busyboxOf(root), join(image, 'bin/busybox'));
	for (const applet of ['sh', 'sleep', 'echo', 'cat']) symlinkSync('busybox', join(image, 'bin', applet));
	const spec = {
		ociVersion: '1.0.2',
		process: { user: { uid: 0, gid: 0 }, args, env: ['PATH=/bin'], cwd: '/' },
		root: { path: 'rootfs' },
		mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
		linux: {
			cgroupsPath: `/${id}/${place.replace('/', '-')}`,
			namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'network' }],
		},
	};
	writeFileSync(join(folder, 'config.json'), JSON.stringify(spec));
	writeFileSync(join(folder, 'runtime.json'), JSON.stringify({ namespace: id, ...runtime }));
}

/** One copy for all: there may be hundreds of bundles. */
function busyboxOf(root: string): string {
	const path = join(root, 'busybox');
	if (!existsSync(path)) copyFileSync(findProgram('busybox') ?? '', path);
	return path;
}

/** Removes the remains of a failed test: processes that name the folder, mounts under it, cgroups. */
async function clearAway(host: ChildProcess, root: string, id: string): Promise<void> {
	host.kill('SIGKILL');
	const services = join(root, 'containers/services');
	for (let round = 0; round < 50 && processesNaming(root, id).length > 0; round++) {
		for (const pid of processesNaming(root, id)) {
			try {
				process.kill(pid, 'SIGKILL');
			} catch {
				// It ended by itself.
			}
		}
		await pause(20);
	}
	for (const target of mountsUnder(root).toReversed()) {
		const umount = spawn('umount', ['-l', target], { stdio: 'ignore' });
		await new Promise((resolve) => umount.once('exit', resolve));
	}
	for (const hierarchy of ['.', ...readdirSync('/sys/fs/cgroup')]) {
		removeCgroup(join('/sys/fs/cgroup', hierarchy, id));
	}
	rmSync(join('/run/containerd/runc', id), { recursive: true, force: true });
	for (const name of existsSync(services) ? readdirSync(services) : [])
		rmSync(shimSocket(root, id, name), { force: true });
	rmSync(root, { recursive: true, force: true });
}

/** Returns the path of a shim's socket (containerd's runtime/v2/shim, `SocketAddress`); a killed shim leaves it. */
function shimSocket(root: string, id: string, name: string): string {
	const hash = createHash('sha256')
		.update(join(root, 'c.sock', id, name))
		.digest('hex');
	return join('/run/containerd/s', hash);
}

/** Running processes (no zombies) of this guest: its containerd, shims and containers. */
export function processesNaming(root: string, id: string): number[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => {
			try {
				const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
				if (pid === process.pid || commandLine.includes('supervisor-host')) return false;
				return commandLine.includes(root) || readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id);
			} catch {
				return false;
			}
		})
		.filter((pid) => !/^\S+ \(.*\) Z/.test(readStat(pid)));
}

function readStat(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/stat`, 'utf8');
	} catch {
		return '0 (gone) Z';
	}
}

export function mountsUnder(root: string): string[] {
	return readFileSync('/proc/self/mounts', 'utf8')
		.split('\n')
		.map((line) => line.split(' ')[1] ?? '')
		.filter((target) => target.startsWith(`${root}/`));
}

function removeCgroup(path: string): void {
	if (!existsSync(path)) return;
	for (const entry of readdirSync(path, { withFileTypes: true })) {
		if (entry.isDirectory()) removeCgroup(join(path, entry.name));
	}
	try {
		rmdirSync(path);
	} catch {
		// It has a process in it still; the next run of the tests has another name.
	}
}
