// A process with namespaces, a root and a program of its own, in place of a container: all that probes need but containerd. The
// program is a shell script in a root of busybox.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { identifyProcess, type ProcessIdentity } from '../../../../supervisor/process/process-identity.ts';
import { findProgram } from '../../../helpers/program.ts';

export interface ContainerStandIn {
	readonly process: ProcessIdentity;
	/** The path of the root on the host. */
	readonly root: string;
	stop(): Promise<void>;
}

/** @param script - a shell script that runs inside. It must write `up` when it has started, and end when its stdin ends. */
export async function startStandIn(
	t: Pick<ExecutionContext, 'teardown'>,
	script: string,
): Promise<ContainerStandIn> {
	const root = mkdtempSync(join(tmpdir(), 'slipway-stand-in-'));
	for (const name of ['bin', 'proc', 'run', 'etc', 'mnt']) mkdirSync(join(root, name));
	await copyFile(findProgram('busybox') ?? '', join(root, 'bin/busybox'));
	for (const applet of ['sh', 'cat', 'ip', 'nc', 'httpd']) symlinkSync('busybox', join(root, 'bin', applet));
	const inside = `mount -t proc proc ${root}/proc && exec chroot ${root} /bin/sh -c "$0"`;
	const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
	const host: ChildProcess = spawn('unshare', [...namespaces, 'sh', '-c', inside, script], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	if (host.stdout === null) throw new Error('no stdout');
	const lines = createInterface({ input: host.stdout });
	const [line]: unknown[] = await once(lines, 'line');
	if (line !== 'up') throw new Error(`the stand-in wrote ${String(line)}`);
	const process = identifyProcess(childOf(host.pid ?? 0));
	if (process === null) throw new Error('the stand-in has ended');
	const ended = once(host, 'exit');
	const stop = async () => {
		host.stdin?.end();
		host.kill('SIGKILL');
		await ended;
	};
	t.teardown(async () => {
		await stop();
		rmSync(root, { recursive: true, force: true });
	});
	return { process, root, stop };
}

function childOf(pid: number): number {
	return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
}
