// The tests of `service run` share a root to run programs of, and a look at what is left of containers.

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { cgroupRoot } from '../helpers/cgroup-root.ts';
import { eventually } from '../helpers/eventually.ts';
import { findProgram, runProgram } from '../helpers/program.ts';
import type { SupervisedGuest } from './supervised-guest.ts';

/** A root with busybox, as a directory and as a tarball. */
export async function makeRoot(guest: SupervisedGuest): Promise<{ folder: string; tarball: string }> {
	await eventually(() => existsSync(join(guest.root, 'control.sock')));
	const folder = join(guest.root, 'root');
	for (const name of ['bin', 'etc', 'srv']) mkdirSync(join(folder, name), { recursive: true });
	await runProgram('cp', [findProgram('busybox') ?? '', join(folder, 'bin/busybox')]);
	const applets = [
		'sh',
		'ls',
		'cat',
		'echo',
		'id',
		'sleep',
		'touch',
		'grep',
		'hostname',
		'tty',
		'stty',
		'nc',
		'ping',
		'ip',
	];
	for (const name of applets) symlinkSync('busybox', join(folder, 'bin', name));
	writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nweb:x:1234:55::/web:/bin/sh\n');
	writeFileSync(join(folder, 'srv/file'), 'of the image\n');
	const tarball = join(guest.root, 'root.tar.gz');
	await runProgram('tar', ['-C', folder, '-czf', tarball, '.']);
	return { folder, tarball };
}

export const shell = (script: string): string[] => ['--', '/bin/sh', '-c', script];

/** The machine's mounts, and cgroups and directories of `service run`. */
function remains(guest: SupervisedGuest): string[] {
	const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
	const list = (folder: string): string[] =>
		existsSync(folder)
			? readdirSync(folder, { withFileTypes: true }).flatMap((each) =>
					each.isDirectory() ? [each.name] : [],
				)
			: [];
	return [
		...mounts.filter((line) => line.includes(join(guest.root, 'run/slipway/run'))),
		...list(join(guest.root, 'run/slipway/run')),
		...list(join(cgroupRoot, 'slipway.run')),
	];
}

export async function nothingLeft(t: ExecutionContext, guest: SupervisedGuest): Promise<void> {
	await eventually(() => remains(guest).length === 0, { pauseMs: 10, what: 'nothing is left' }).catch(() =>
		t.deepEqual(remains(guest), []),
	);
}
