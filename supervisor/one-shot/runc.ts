// Runs runc for onboot and onshutdown containers. See runc(8).

import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Bundle } from '../bundle/bundle.ts';
import type { Child, ChildProcesses } from '../context/child-processes.ts';
import { childEnvironment, type GuestPaths } from '../contract/layout.ts';

export interface Output {
	readonly stdoutFd: number;
	readonly stderrFd: number;
}

export interface Runc {
	/** Creates and starts the container. runc waits for its end and exits with its status. */
	run(bundle: Bundle, output: Output): Child;
	/** Ends when the container exists and its program waits for `start`. Writes its first pid to `pidFile`. */
	create(bundle: Bundle, pidFile: string, output: Output): Child;
	start(bundle: Bundle, output: Output): Child;
	/** Kills the container and removes its state. Does nothing when there is no container. */
	deleteForced(bundle: Bundle): Child;
}

export function createRunc(children: ChildProcesses, paths: GuestPaths): Runc {
	const call = (args: readonly string[], output: Output | null): Child => {
		const nullFd = openSync('/dev/null', 'r+');
		try {
			return children.start({
				path: paths.runc,
				args: ['runc', '--root', paths.runcRoot, ...args],
				env: childEnvironment,
				stdio: [nullFd, output?.stdoutFd ?? nullFd, output?.stderrFd ?? nullFd],
			});
		} finally {
			closeSync(nullFd);
		}
	};
	return {
		run: (bundle, output) => call(['run', '--bundle', bundle.folder, bundle.name], output),
		create: (bundle, pidFile, output) =>
			call(['create', '--bundle', bundle.folder, '--pid-file', pidFile, bundle.name], output),
		start: (bundle, output) => call(['start', bundle.name], output),
		deleteForced: (bundle) => call(['delete', '--force', bundle.name], null),
	};
}

/** Throws when runc has written no pid. */
export function readPidFile(path: string): number {
	const pid = Number(readFileSync(path, 'utf8'));
	if (!Number.isInteger(pid) || pid <= 0) throw new Error(`runc wrote no pid to ${path}`);
	return pid;
}
