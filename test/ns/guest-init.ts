// Starts the real init executable as PID 1 of fresh namespaces, in a root of its own in memory: all of PID 1 but
// the kernel's own parts, in a second. The event port is a pseudo-terminal that script(1) makes.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { GuestEventLine, HostCommand } from '../../supervisor/contract/events.ts';
import { createEventReader } from '../../tools/machine/guest-events.ts';
import { eventually } from '../helpers/eventually.ts';

export interface GuestOptions {
	/** The kernel command line that the guest sees. */
	readonly commandLine?: string;
	/** Shell lines that add to the root; run in it, before init, with $NODE and $REPO. */
	readonly prepare?: string;
}

export interface Guest {
	/** The pid in the host's namespace. */
	readonly pid: number;
	readonly events: readonly GuestEventLine[];
	/** The guest's file system: `/proc/PID/root`. */
	readonly root: string;
	command(command: HostCommand): void;
	signal(signal: NodeJS.Signals): void;
	waitFor(what: string, condition: () => boolean): Promise<void>;
	console(): string;
	/** The signal that ended PID 1: reboot(2) in a pid namespace ends it by SIGINT or SIGHUP. */
	readonly ended: Promise<NodeJS.Signals | null>;
	stop(): void;
}

const repository = resolve(import.meta.dirname, '../..');
/** Ample: machines are shared. */
const timeoutMs = 120_000;
const namespaces = ['--pid', '--fork', '--kill-child', '--mount', '--uts', '--ipc', '--net', '--cgroup'];

/** Runs on the host's side of the chroot; $1 is the root, $2 the event port's device. */
const setUp = `
mount -t tmpfs -o mode=755,size=1g rootfs "$1"
cp -a build/init/. "$1/"
cd "$1"
mkdir -p proc sys dev run tmp var etc mnt
mount -t proc proc proc
mount --bind "$1.cmdline" proc/cmdline
mount -t tmpfs dev dev
mknod dev/null c 1 3
mknod dev/zero c 1 5
: > dev/console
: > dev/ttyS1
mount --bind "$2" dev/ttyS1
`;

export async function startGuest(options: GuestOptions = {}): Promise<Guest> {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-ns-'));
	const terminal = spawn('script', ['-qfc', `tty > ${folder}/tty; exec sleep 1000`, '/dev/null'], {
		stdio: ['pipe', 'pipe', 'ignore'],
	});
	const events: GuestEventLine[] = [];
	terminal.stdout.on(
		'data',
		createEventReader((event) => events.push(event)),
	);
	await waitUntil('a terminal', () => readOrEmpty(`${folder}/tty`).endsWith('\n'));
	const rootFolder = join(folder, 'root');
	writeFileSync(
		`${rootFolder}.cmdline`,
		`slipway.events=ttyS1 slipway.faults=1 ${options.commandLine ?? ''}\n`,
	);
	const port = readOrEmpty(`${folder}/tty`).trim();
	const script = `set -e\nmkdir -p "$1"${setUp}${options.prepare ?? ''}\nexec chroot . /init`;
	const unshare = spawn('unshare', [...namespaces, 'sh', '-c', script, 'sh', rootFolder, port], {
		cwd: repository,
		env: { ...process.env, NODE: `${process.execPath} --no-warnings`, REPO: repository },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let said = '';
	for (const stream of [unshare.stdout, unshare.stderr]) stream.on('data', (bytes) => (said += bytes));
	const ended = endOf(unshare);
	// Once: the kernel's list of children may be empty for a moment (proc_tid_children(5)).
	let pid = -1;
	await waitUntil('unshare to fork', () => {
		pid = childOf(unshare);
		return pid !== -1 || unshare.exitCode !== null;
	});
	const guest: Guest = {
		pid,
		events,
		get root() {
			return `/proc/${pid}/root`;
		},
		command: (command) => void terminal.stdin.write(`${JSON.stringify(command)}\n`),
		signal: (signal) => void process.kill(pid, signal),
		async waitFor(what, condition) {
			try {
				await waitUntil(what, condition, () => unshare.exitCode === null && unshare.signalCode === null);
			} catch (error) {
				throw new Error(`${String(error)}\n${said}\n${JSON.stringify(events, null, 1)}`);
			}
		},
		console: () => said + readOrEmpty(`${guest.root}/dev/console`),
		ended,
		stop() {
			unshare.kill('SIGKILL');
			terminal.kill('SIGKILL');
			rmSync(folder, { recursive: true, force: true });
		},
	};
	return guest;
}

async function waitUntil(what: string, condition: () => boolean, isAlive = () => true): Promise<void> {
	const poll = (): boolean => {
		// Read first: what was true at the end may be seen only after it.
		const alive = isAlive();
		if (condition()) return true;
		if (!alive) throw new Error(`PID 1 ended before: ${what}.`);
		return false;
	};
	await eventually(poll, { what, timeoutMs, pauseMs: 10 });
}

/** unshare(1) ends itself by the signal that ended its child. */
async function endOf(unshare: ChildProcess): Promise<NodeJS.Signals | null> {
	const [, signal] = await once(unshare, 'exit');
	return signal;
}

function childOf(unshare: ChildProcess): number {
	const children = readOrEmpty(`/proc/${unshare.pid}/task/${unshare.pid}/children`).trim();
	return children === '' ? -1 : Number(children.split(' ')[0]);
}

export function readOrEmpty(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

export function buildInitOnce(): void {
	execFileSync(process.execPath, ['tools/build/build-init.ts'], { stdio: 'inherit' });
}
