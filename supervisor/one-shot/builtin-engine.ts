// Runs the container of a bundle by the built-in engine, where a container or the kernel's command line asks for it.

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildExit } from '../../native/native.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { Child } from '../context/child-processes.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import type { GuestPaths } from '../contract/layout.ts';
import { readContainerSpec } from '../engine/container-spec.ts';
import {
	type ContainerStart,
	type EngineContext,
	endContainer,
	startContainer,
} from '../engine/start-container.ts';
import { engineFailure } from '../engine/start-failure.ts';
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
		const child = start(run.context, {
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

/** The container could not be started, for a reason that has a sentence. */
export class StartFailure extends Error {}

function start(context: EngineContext, request: ContainerStart): Child {
	try {
		return startContainer(context, request);
	} catch (error) {
		const sentence = engineFailure(error, request.spec, join(request.folder, request.spec.root.path));
		throw sentence === null ? error : new StartFailure(sentence, { cause: error });
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
