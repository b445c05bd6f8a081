// Runs the container of a bundle by the built-in engine, where a container or the kernel's command line asks for it.

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildExit } from '../../native/native.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { giveInterfaces } from '../bundle/prepare-process.ts';
import type { Child } from '../context/child-processes.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { type ContainerNetwork, namespaceFolder } from '../contract/container-network.ts';
import type { JsonRecord } from '../contract/json-shape.ts';
import { bundlePath, type GuestPaths } from '../contract/layout.ts';
import type { RuntimeSpec } from '../contract/runtime-spec.ts';
import { asContainerSpec, readContainerSpec } from '../engine/container-spec.ts';
import {
	type ContainerStart,
	type EngineContext,
	endContainer,
	startContainer,
} from '../engine/start-container.ts';
import { engineFailure } from '../engine/start-failure.ts';
import type { StartPlan } from '../engine/start-plan.ts';
import { ensureNetwork, removeNetwork } from '../network/container-network.ts';
import { type OneShotRun, waitFor } from './end-early.ts';
import type { Output } from './runc.ts';

/**
 * Starts a prepared bundle and waits for it. Returns null when it was ended early. Throws when it can't be started.
 *
 * @param config - its `config.json`, unchecked, or that of its plan
 * @param plan - null: it has none of use
 */
export async function runBuiltin(
	bundle: Bundle,
	config: JsonRecord,
	plan: StartPlan | null,
	output: Output,
	run: OneShotRun,
): Promise<ChildExit | null> {
	const { context, paths } = run;
	const path = bundlePath(bundle.folder, 'config');
	const container = { id: bundle.name, spec: asContainerSpec(config, path), cgroupRoot: paths.cgroup };
	const nullFd = openSync('/dev/null', 'r+');
	try {
		const child = start(bundle, context, {
			...container,
			spec: withInterfaces(bundle, container.spec, context, paths),
			folder: bundle.folder,
			runtime: bundle.runtime,
			plan,
			stdio: [nullFd, output.stdoutFd, output.stderrFd],
		});
		run.noteRunning(child.pid);
		return await waitFor(child, bundle, run);
	} finally {
		closeSync(nullFd);
		await end(bundle, container, context, paths);
	}
}

/** The container could not be started, for a reason that has a sentence. */
export class StartFailure extends Error {}

function start(bundle: Bundle, context: EngineContext, request: ContainerStart): Child {
	try {
		return startContainer(context, request);
	} catch (error) {
		// A plan lacks some of it.
		const spec = readContainerSpec(bundle);
		const sentence = engineFailure(error, spec, join(bundle.folder, spec.root.path));
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
		await end(bundle, { id: bundle.name, spec, cgroupRoot: paths.cgroup }, context, paths);
	} catch {
		// A bundle that can't be read has started nothing.
	}
}

async function end(
	bundle: Bundle,
	container: Parameters<typeof endContainer>[0],
	{ native, now }: SupervisorContext,
	paths: GuestPaths,
): Promise<void> {
	await endContainer(container, now);
	if (bundle.runtime.interfaces.length > 0) removeNetwork(ownNetwork(bundle, paths), native);
}

/**
 * The program must find its interfaces, so they are made before it starts: a network namespace of its own is then made beforehand, and
 * joined. Throws `NetworkError` and `PrepareError`.
 */
function withInterfaces(
	bundle: Bundle,
	spec: RuntimeSpec,
	{ native }: SupervisorContext,
	paths: GuestPaths,
): RuntimeSpec {
	if (bundle.runtime.interfaces.length === 0) return spec;
	const { namespaces = [], ...linux } = spec.linux ?? {};
	const asked = namespaces.find(({ type }) => type === 'network');
	const own = ownNetwork(bundle, paths);
	const isNew = asked !== undefined && !asked.path;
	if (isNew) ensureNetwork(own, native);
	giveInterfaces(bundle, isNew ? own.namespace : (asked?.path ?? '/proc/self/ns/net'), native);
	if (!isNew) return spec;
	const joined = { type: 'network', path: own.namespace } as const;
	return {
		...spec,
		linux: { ...linux, namespaces: namespaces.map((each) => (each === asked ? joined : each)) },
	};
}

/** A network without bridges, as long as the container is there. */
function ownNetwork({ name }: Bundle, paths: GuestPaths): ContainerNetwork {
	return { namespace: join(namespaceFolder(paths), `${name}.interfaces`), links: [], ports: [] };
}
