// The containers' whole life in the guest, on one screen: onboot, containerd, services, onshutdown.
//
// Every method may be called again after a crash of PID 1 (`--resumed`): each reads what is already done from
// `/run/slipway/` and goes on from there. A service that runs is never restarted by that.

import { existsSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bundleFolders, mountsOf, readBundle } from './bundle/bundle.ts';
import { packageConfig } from './containerd/containerd-config.ts';
import { createContainerd, hasContainerd } from './containerd/containerd-process.ts';
import { mayStartEarly } from './containerd/early-start.ts';
import type { Log } from './context/log.ts';
import type { SupervisorContext } from './context/supervisor-context.ts';
import { type GuestPaths, guestPaths } from './contract/layout.ts';
import type { ControlledService } from './control/handle-requests.ts';
import { createStopRequest } from './one-shot/end-early.ts';
import { runOneShots } from './one-shot/one-shots.ts';
import { createSemaphore } from './service/semaphore.ts';
import { createService, type Service, type ServiceSurroundings } from './service/service.ts';
import { STOP_MARGIN_MS } from './service/service-end.ts';
import { blockedBy, inStopOrder, stopLimitMs } from './service/service-order.ts';

export interface Supervisor {
	/** The onboot containers in the order of their folders; a failure is told loudly and, unless the bundle
	 * says otherwise, the next one runs. */
	runOnboot(): Promise<void>;
	/**
	 * No further onboot container; SIGTERM to the one that runs, SIGKILL after `graceMs`. Bounded, also right when
	 * none runs, and when it was started before a crash of PID 1.
	 */
	stopOnboot(graceMs: number): Promise<void>;
	/** containerd, then every service; resolves once each of them runs or has failed for the first time. */
	startServices(): Promise<void>;
	/** No more restarts; every service is asked to end, those that come after others first, each within its own time;
	 * then containerd. */
	stopServices(): Promise<void>;
	/** In the order of their names. */
	services(): readonly ControlledService[];
	/** How long `stopServices` takes at most. */
	stopLimitMs(): number;
	hasOnshutdown(): boolean;
	/** The onshutdown containers, in order, together within `limitMs`. */
	runOnshutdown(limitMs: number): Promise<void>;
}

/** For containerd's own end, when every service has ended. */
const CONTAINERD_GRACE_MS = 3000;
/** Of 100 services on two processors the first runs five times sooner than without a limit, the last after 5 to 13 s (8 to 11). */
const STARTS_PER_PROCESSOR = 2;
const START_TURN_MS = 10_000;

export function createSupervisor(context: SupervisorContext, paths: GuestPaths = guestPaths): Supervisor {
	const containerd = createContainerd(context, paths);
	let services: readonly Service[] | null = null;
	let heardMs = 0;
	const load = (): readonly Service[] => {
		services ??= bundleFolders(join(paths.containers, 'services')).map((folder) =>
			createService(folder, context, paths, containerd, surroundings),
		);
		return services;
	};
	const surroundings: ServiceSurroundings = {
		blockedBy: ({ after }) => blockedBy(after, load()),
		heardOfContainerd: () => {
			heardMs = context.now();
		},
		heardMs: () => heardMs,
		onChange() {
			for (const service of services ?? []) service.lookAround();
		},
		power: (action, reason) => context.power(action, reason),
		starts: createSemaphore(STARTS_PER_PROCESSOR * availableParallelism(), START_TURN_MS),
	};

	const onbootStop = createStopRequest();
	let onboot: Promise<void> | null = null;

	return {
		async runOnboot() {
			if (hasContainerd(paths) && containerdMayStartEarly(paths)) containerd.start();
			onboot = runOneShots('onboot', context, paths, null, onbootStop);
			await onboot;
		},
		async stopOnboot(graceMs) {
			onbootStop.make(graceMs);
			// After a crash of PID 1 in the middle of a shutdown: starts none, and ends the one left running.
			onboot ??= runOneShots('onboot', context, paths, null, onbootStop);
			await onboot;
		},
		async startServices() {
			const all = load();
			if (all.length === 0 && !hasContainerd(paths)) return;
			linkRuncRoot(paths, context.log);
			containerd.start();
			await Promise.all(all.map((service) => service.begin()));
		},
		async stopServices() {
			// PID 1 may have come back from a crash in the middle of a shutdown, and have started nothing.
			containerd.resume();
			await inStopOrder(load(), async (service) => {
				try {
					await service.finish();
				} catch (error) {
					// The others, and containerd, are stopped all the same.
					context.log.error({ service: service.name }, `service ${service.name}: ${String(error)}`);
				}
			});
			await containerd.stop(CONTAINERD_GRACE_MS);
		},
		services: load,
		stopLimitMs: () => stopLimitMs(load(), STOP_MARGIN_MS) + CONTAINERD_GRACE_MS,
		hasOnshutdown: () => bundleFolders(join(paths.containers, 'onshutdown')).length > 0,
		runOnshutdown: (limitMs) => runOneShots('onshutdown', context, paths, limitMs),
	};
}

/** For people; nothing depends on it. */
function linkRuncRoot({ runcUsualRoot, servicesRuncRoot }: GuestPaths, log: Log): void {
	try {
		if (!existsSync(runcUsualRoot)) symlinkSync(servicesRuncRoot, runcUsualRoot);
	} catch (error) {
		log.debug({ stage: 'services' }, `runc list will need --root ${servicesRuncRoot}: ${String(error)}`);
	}
}

function containerdMayStartEarly(paths: GuestPaths): boolean {
	try {
		const bundles = bundleFolders(join(paths.containers, 'onboot')).map(readBundle);
		const onboot = bundles.map((bundle) => ({ runtime: bundle.runtime, mounts: mountsOf(bundle) }));
		return mayStartEarly(onboot, packageConfig(paths));
	} catch {
		// A bundle that can't be read: its turn will come, and its error will be told then.
		return false;
	}
}
