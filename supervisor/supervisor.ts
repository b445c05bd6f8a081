// The story of the containers in the guest, on one screen: onboot, containerd, services, onshutdown.
//
// Every method may be called again after a crash of PID 1 (`--resumed`). Each one reads from `/run/slipway/` what is done
// already and continues from there. This never restarts a service that runs.

import { existsSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bundleFolders, mountsOf, readBundle } from './bundle/bundle.ts';
import { mountReplacement } from './bundle/replacement.ts';
import { packageConfig } from './containerd/containerd-config.ts';
import { createContainerd, hasContainerd } from './containerd/containerd-process.ts';
import { mayStartEarly } from './containerd/early-start.ts';
import type { Log } from './context/log.ts';
import type { SupervisorContext } from './context/supervisor-context.ts';
import { type GuestPaths, guestPaths } from './contract/layout.ts';
import type { ControlledService } from './control/handle-requests.ts';
import { NetworkError } from './network/container-network.ts';
import { createNetworkRules } from './network/network-rules.ts';
import { createOverlapReport } from './network/overlaps.ts';
import { publishPorts } from './network/publish.ts';
import { createRunNetworks, type RunNetworks } from './network/run-networks.ts';
import { createStopRequest } from './one-shot/end-early.ts';
import { runOneShots } from './one-shot/one-shots.ts';
import { replaceBundles } from './service/replace-bundles.ts';
import { createSemaphore } from './service/semaphore.ts';
import { createService, type Service } from './service/service.ts';
import { stopMarginMs } from './service/service-end.ts';
import { blockedBy, inStopOrder, stopTimeoutMs } from './service/service-order.ts';
import type { ServiceSurroundings, StartTimeouts } from './service/service-unit.ts';

export interface Supervisor {
	/** Runs the onboot containers in the order of their directories. After a failure, which is logged as an error, the next
	 * one runs unless the bundle says otherwise. */
	runOnboot(): Promise<void>;
	/**
	 * Starts no further onboot container, and sends SIGTERM to the one that runs, SIGKILL after `graceMs`. Bounded. Also
	 * correct when none runs, and when the one that runs was started before a crash of PID 1.
	 */
	stopOnboot(graceMs: number): Promise<void>;
	/** Starts containerd, then every service. Resolves once each service runs or has failed for the first time. */
	startServices(): Promise<void>;
	/**
	 * Stops services and starts them from the bundles of an image (bundle/replacement.ts); then the old ones are gone. Throws before
	 * it stops any when the image is not usable, and after it has started all again when one keeps its bundle. Call it only for services that exist.
	 */
	replaceServices(names: readonly string[], image: number): Promise<void>;
	/** Ends every service, each within its own time, those that come after others first; then ends containerd. No service
	 * starts again. */
	stopServices(): Promise<void>;
	/** Returns the services in the order of their names. */
	services(): readonly ControlledService[];
	/** The networks of containers of `service run`. */
	readonly runNetworks: RunNetworks;
	/** Returns the longest time that `stopServices` may take. */
	stopTimeoutMs(): number;
	hasOnshutdown(): boolean;
	/** Runs the onshutdown containers in order, all of them within `timeoutMs`. */
	runOnshutdown(timeoutMs: number): Promise<void>;
}

/** The time for containerd to end, after every service has ended. */
const containerdGraceMs = 3000;
/** Measured with 100 services on two processors: the first one runs five times sooner than without a limit, the last one
 * after 5 to 13 s (without a limit: 8 to 11 s). */
const startsPerProcessor = 2;
const startTurnMs = 10_000;
/** A start takes half a second natively and a few on an emulated processor. */
const usualStartTimeouts: StartTimeouts = { lateMs: 60_000, lostMs: 300_000 };

export function createSupervisor(
	context: SupervisorContext,
	paths: GuestPaths = guestPaths,
	startTimeouts: StartTimeouts = usualStartTimeouts,
): Supervisor {
	const containerd = createContainerd(context, paths);
	let services: readonly Service[] | null = null;
	let containerdActiveAtMs = 0;
	const load = (): readonly Service[] => {
		services ??= bundleFolders(join(paths.containers, 'services')).map((folder) => create(folder));
		return services;
	};
	const reportOverlaps = createOverlapReport(context, paths);
	const networkRules = createNetworkRules(
		async () => {
			reportOverlaps();
			await publishPorts(context, paths);
		},
		(error) =>
			context.log.error({ stage: 'services' }, `containers on bridges do not start: ${error.message}`),
	);
	const surroundings: ServiceSurroundings = {
		networkRules,
		blockedBy: ({ after }) => blockedBy(after, load()),
		noteContainerdActivity() {
			containerdActiveAtMs = context.now();
		},
		containerdActiveAtMs: () => containerdActiveAtMs,
		onChange() {
			for (const service of services ?? []) service.startIfUnblocked();
		},
		power: (action, reason) => context.power(action, reason),
		starts: createSemaphore(startsPerProcessor * availableParallelism(), startTurnMs),
		startTimeouts,
	};

	/** Before, onboot containers may be on bridges, and what makes the machine a router may still come. */
	let hasBegun = false;
	let isEnding = false;
	let replacing: Promise<unknown> = Promise.resolve();
	const create = (folder: string): Service => createService(folder, context, paths, containerd, surroundings);
	const replace = async (names: readonly string[], image: number): Promise<void> => {
		const replaced = load().filter(({ name }) => names.includes(name));
		const { fresh, failures } = await replaceBundles(
			replaced,
			mountReplacement(context.native, paths, image),
			paths,
			create,
		);
		const byName = new Map(fresh.map((service) => [service.name, service]));
		services = load().map((service) => byName.get(service.name) ?? service);
		// A shutdown has ended all that it knew of.
		if (!isEnding) await networkRules.load();
		if (!isEnding) await Promise.all(fresh.map((service) => service.begin()));
		if (failures.length > 0) throw new Error(`services keep their old bundles: ${failures.join(', ')}`);
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
			// After a crash of PID 1 during a shutdown this starts none, and ends the one that was left running.
			onboot ??= runOneShots('onboot', context, paths, null, onbootStop);
			await onboot;
		},
		async startServices() {
			hasBegun = true;
			const all = load();
			if (all.length === 0 && !hasContainerd(paths)) return;
			linkRuncRoot(paths, context.log);
			containerd.start();
			await networkRules.load();
			await Promise.all(all.map((service) => service.begin()));
		},
		async replaceServices(names, image) {
			const turn = replacing.then(async () => await replace(names, image));
			replacing = turn.catch(() => undefined);
			await turn;
		},
		async stopServices() {
			isEnding = true;
			// PID 1 may have crashed during a shutdown and have started nothing since.
			containerd.resume();
			await inStopOrder(load(), async (service) => {
				try {
					await service.finish();
				} catch (error) {
					// The other services and containerd are stopped nevertheless.
					context.log.error({ service: service.name }, `service ${service.name}: ${String(error)}`);
				}
			});
			await containerd.stop(containerdGraceMs);
		},
		services: load,
		// Services give their bridges back at a shutdown.
		runNetworks: createRunNetworks(context, paths, async () => {
			if (!hasBegun || isEnding) {
				const reason = isEnding ? 'the system shuts down' : 'the services have not been started yet';
				throw new NetworkError('load the rules of its network', new Error(reason));
			}
			await networkRules.renew();
		}),
		stopTimeoutMs: () => stopTimeoutMs(load(), stopMarginMs) + containerdGraceMs,
		hasOnshutdown: () => bundleFolders(join(paths.containers, 'onshutdown')).length > 0,
		runOnshutdown: (timeoutMs) => runOneShots('onshutdown', context, paths, timeoutMs),
	};
}

/** Makes `runc list` show the services to people; nothing depends on it. */
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
		// The error of a bundle that can't be read is reported when its turn comes.
		return false;
	}
}
