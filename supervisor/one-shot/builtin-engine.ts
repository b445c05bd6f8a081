// Runs the container of a bundle by the built-in engine, where a container or the kernel's command line asks for it.

import { closeSync, openSync } from 'node:fs';
import type { ChildExit } from '../../native/native.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import type { GuestPaths } from '../contract/layout.ts';
import { readContainerSpec } from '../engine/container-spec.ts';
import { endContainer, startContainer } from '../engine/start-container.ts';
import { type EarlyEnd, waitFor } from './end-early.ts';
import type { Output } from './runc.ts';

/** Starts a prepared bundle and waits for it. Returns null when it was ended early. Throws when it can't be started. */
export async function runBuiltin(
	bundle: Bundle,
	output: Output,
	run: EarlyEnd,
	noteRunning: (pid: number) => void,
): Promise<ChildExit | null> {
	const container = { id: bundle.name, spec: readContainerSpec(bundle), cgroupRoot: run.paths.cgroup };
	const nullFd = openSync('/dev/null', 'r+');
	try {
		const child = startContainer(run.context, {
			...container,
			folder: bundle.folder,
			runtime: bundle.runtime,
			stdio: [nullFd, output.stdoutFd, output.stderrFd],
		});
		noteRunning(child.pid);
		return await waitFor(child, bundle, run);
	} finally {
		closeSync(nullFd);
		await endContainer(container, run.context.now);
	}
}

/** Kills what is left of a container and removes its cgroup. Bounded. Never rejects. */
export async function removeBuiltin(
	bundle: Bundle,
	context: SupervisorContext,
	paths: GuestPaths,
): Promise<void> {
	try {
		const spec = readContainerSpec(bundle);
		await endContainer({ id: bundle.name, spec, cgroupRoot: paths.cgroup }, context.now);
	} catch {
		// A bundle that can't be read has started nothing.
	}
}
