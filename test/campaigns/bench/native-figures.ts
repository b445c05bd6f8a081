// PID 1 on the machine itself, where no emulator distorts: started in fresh namespaces, until Redis listens there. Ours and the
// shell init in turn, each with the tree of its system in a tmpfs of its own. What belongs to the whole machine (kernel modules,
// the size of huge pages, the clock) is no part of it.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SlipwayError } from '../../../tools/errors.ts';
import { type EarlyEnd, onEarlyEnd } from '../../../tools/files/early-end.ts';
import { eventually } from '../../helpers/eventually.ts';
import { runProgram } from '../../helpers/program.ts';
import { missingFor } from '../../helpers/suite-needs.ts';
import { readOrEmpty } from '../../ns/guest-init.ts';
import { buildBootTrees } from './boot-systems.ts';
import { type Figure, figure } from './figure.ts';
import { lastPort } from './milestones.ts';

const runs = 5;
const timeoutMs = 120_000;
const namespaces = ['--pid', '--fork', '--kill-child', '--mount', '--uts', '--ipc', '--net', '--cgroup'];

/** $1 is the archive of the tree, $2 an empty folder, $3 a cgroup that is made. PID 1 is the script's own last command. */
const outside = `
set -e
mkdir "$3"
echo $$ > "$3/cgroup.procs"
exec unshare ${namespaces.join(' ')} bash -c "$4" bash "$1" "$2"
`;
const inside = `
set -e
mount -t tmpfs -o mode=755,size=1500m rootfs "$2"
tar xf "$1" -C "$2"
cd "$2"
mkdir -p proc sys dev run tmp var etc mnt
mount -t proc proc proc
echo console=ttyS0 > run/cmdline
mount --bind run/cmdline proc/cmdline
mount -t tmpfs dev dev
mkdir -p dev/pts dev/shm
while read -r name major minor; do mknod -m 666 "dev/$name" c "$major" "$minor"; done <<'END'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
END
: > dev/console
ip link add eth0 type veth peer name peer0
echo begins
exec chroot . /init
`;

export async function nativeFigures(note: (figure: Figure) => void): Promise<void> {
	const missing = missingFor('ns');
	if (missing !== null) throw new SlipwayError('TOOL_FAILED', `boot-native can't be measured: ${missing}.`);
	const trees = await buildBootTrees();
	const ours: number[] = [];
	const baseline: number[] = [];
	for (let run = 0; run < runs; run++) {
		ours.push(await bootNatively(trees.ours));
		baseline.push(await bootNatively(trees.baseline));
	}
	note(figure("native: PID 1's start to open port", 's', ours, baseline));
}

async function bootNatively(tree: string): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-native-'));
	const cgroup = `${cgroupFolder()}/${folder.replaceAll('/', '-').slice(1)}`;
	const child = spawn('bash', ['-c', outside, 'bash', tree, folder, cgroup, inside], {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let interrupted: EarlyEnd | null = null;
	const stopListening = onEarlyEnd((reason) => {
		interrupted = reason;
		child.kill('SIGKILL');
	});
	try {
		return await secondsUntilOpen(child);
	} catch (error) {
		if (interrupted === null) throw error;
		throw new SlipwayError('INTERRUPTED', `Stopped by ${interrupted}; the namespaces were ended.`);
	} finally {
		stopListening();
		await endOf(child);
		rmSync(folder, { recursive: true, force: true });
		await eventually(async () => (await removeCgroups(cgroup)) === 0, { what: 'an empty cgroup' });
	}
}

async function secondsUntilOpen(child: ChildProcess): Promise<number> {
	let said = '';
	child.stderr?.on('data', (bytes: Buffer) => {
		said += bytes.toString('utf8');
	});
	const begun = Promise.withResolvers<number>();
	if (child.stdout !== null)
		createInterface({ input: child.stdout }).on('line', (line) => {
			if (line === 'begins') begun.resolve(performance.now());
			else said += `${line}\n`;
		});
	const fail = (why: string): never => {
		throw new SlipwayError('GUEST_FAILED', `PID 1 did not come to Redis' open port: ${why}.\n${said}`);
	};
	const ended = new Promise<null>((resolve) => child.once('exit', () => resolve(null)));
	const startedAt = await Promise.race([begun.promise, ended]);
	if (startedAt === null) return fail('its namespaces could not be made');
	const pid = readOrEmpty(`/proc/${child.pid}/task/${child.pid}/children`).trim();
	await eventually(
		() => {
			if (child.exitCode !== null || child.signalCode !== null) fail('it ended');
			return listens(pid);
		},
		{ timeoutMs, pauseMs: 5, what: `port ${lastPort} listens\n${said}` },
	);
	return (performance.now() - startedAt) / 1000;
}

/** Looks into the network namespace of a process (proc_net(5)); 0A is TCP_LISTEN. */
function listens(pid: string): boolean {
	const port = lastPort.toString(16).toUpperCase().padStart(4, '0');
	return new RegExp(`:${port} 0+:0000 0A `).test(readOrEmpty(`/proc/${pid}/net/tcp`));
}

/** Where cgroup v2 is mounted: a hybrid hierarchy has it beside v1. */
function cgroupFolder(): string {
	const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
	const folder = mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1];
	if (folder === undefined) throw new SlipwayError('TOOL_FAILED', 'The machine has no cgroup v2.');
	return folder;
}

async function endOf(child: ChildProcess): Promise<void> {
	const isOver = child.exitCode !== null || child.signalCode !== null;
	const ended = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGKILL');
	if (!isOver) await ended;
}

/** Returns the exit code: a cgroup can't be removed while a process of it still ends. */
async function removeCgroups(folder: string): Promise<number | null> {
	const script = '[ ! -d "$1" ] || find "$1" -depth -type d -exec rmdir {} +';
	return (await runProgram('sh', ['-c', script, 'sh', folder])).exitCode;
}
