// Carries out the requests of the control socket.

import { nearestName } from '../../native/text/nearest-name.ts';
import type { GuestEventLine } from '../contract/events.ts';
import { phases } from '../contract/phases.ts';
import type {
	ServiceProcess,
	ServiceStats,
	ServiceStatus,
	SystemStats,
	WaitedFor,
} from '../contract/protocol.ts';
import type { ContainerRuns } from './container-runs.ts';
import { ControlError, type HandleRequest } from './control-server.ts';
import { readPid1Status } from './pid1-status.ts';
import { readPlatformRegisters } from './platform-registers.ts';

/** A service, as requests handle it. `supervisor/service/service.ts` implements it. */
export interface ControlledService {
	readonly name: string;
	status(): ServiceStatus;
	stats(): ServiceStats;
	/** Returns null when it has no process. Throws when its bundle can't be read. */
	process(): ServiceProcess | null;
	/** Resolves once it runs, waits for another service, or has failed. */
	start(): Promise<void>;
	/** Resolves within a bounded time. The service stays stopped until `start`, and its log stays. */
	stop(): Promise<void>;
	restart(): Promise<void>;
	/** Returns false when it has no process. */
	signal(signal: string): boolean;
}

interface ControlTarget {
	/** Returns the services in the order of their names. */
	services(): readonly ControlledService[];
	/** Resolves once each of the services runs from its other bundle, waits or has failed. Throws before it stops any. */
	replaceServices(names: readonly string[], image: number): Promise<void>;
	/** Returns the events since the boot, oldest first. */
	pastEvents(): readonly GuestEventLine[];
	/** Calls `listener` for each later event. Returns a function that ends that. */
	onEvent(listener: (event: GuestEventLine) => void): () => void;
	readonly runs: ContainerRuns;
	power(action: 'poweroff' | 'reboot' | 'halt'): void;
}

export function requestHandler(target: ControlTarget): HandleRequest {
	const services = () => target.services();
	const find = (name: string) => {
		const service = services().find((each) => each.name === name);
		if (service !== undefined) return service;
		const names = services().map((each) => each.name);
		const known = names.length === 0 ? 'There are none.' : `There are ${names.join(', ')}.`;
		const near = nearestName(name, names);
		const hint = near === null ? known : `Did you mean ${near}?`;
		throw new ControlError('unknown-service', `There is no service ${JSON.stringify(name)}. ${hint}`);
	};

	let readyAt: number | null = null;
	const readySeconds = () => {
		readyAt ??= target.pastEvents().find(({ event }) => event === 'ready')?.at ?? null;
		return readyAt;
	};

	return async (request, sendEvent, gone) => {
		switch (request.command) {
			case 'list':
				return services().map((service) => service.status());
			case 'status':
				return find(request.name).status();
			case 'process': {
				const service = find(request.name);
				const process = service.process();
				if (process !== null) return process;
				const { state, reason } = service.status();
				const why = reason === null ? '' : `: ${reason}`;
				throw new ControlError('failed', `The service ${request.name} does not run, it is ${state}${why}.`);
			}
			case 'start':
			case 'restart':
			case 'stop': {
				const ended = request.command === 'stop' ? await target.runs.stop(request.name) : null;
				if (ended !== null) return ended;
				const service = find(request.name);
				await service[request.command]();
				return service.status();
			}
			case 'signal': {
				const service = find(request.name);
				if (!service.signal(request.signal))
					throw new ControlError('failed', `The service ${request.name} has no process to signal.`);
				return service.status();
			}
			case 'replace': {
				const { names, image } = request;
				for (const name of names) find(name);
				await target.replaceServices(names, image);
				return names.map((name) => find(name).status());
			}
			case 'wait':
				return await waitFor(find(request.name).status, request.for, target, gone);
			case 'stats':
				return {
					services: services().map((service) => service.stats()),
					readySeconds: readySeconds(),
				} satisfies SystemStats;
			case 'pid1': {
				const pcrs = request.measurements ? await readPlatformRegisters() : [];
				return { ...readPid1Status(request.collect), ...(pcrs.length > 0 && { pcrs }) };
			}
			case 'events':
				for (const event of target.pastEvents()) sendEvent(event);
				if (request.follow) await following(target, sendEvent, gone);
				return null;
			case 'run':
				return await target.runs.begin(request, gone);
			case 'run-ended':
				target.runs.end(request);
				return null;
			case 'power':
				target.power(request.action);
				return null;
		}
	};
}

async function following(
	target: ControlTarget,
	sendEvent: (event: GuestEventLine) => void,
	gone: AbortSignal,
): Promise<void> {
	const end = target.onEvent(sendEvent);
	await aborted(gone);
	end();
}

/** Checks the status at each event, because each change of a service has one. */
async function waitFor(
	status: () => ServiceStatus,
	what: WaitedFor,
	target: ControlTarget,
	gone: AbortSignal,
): Promise<ServiceStatus> {
	const { promise, resolve, reject } = Promise.withResolvers<ServiceStatus>();
	const check = (): void => {
		const now = status();
		if (gone.aborted || isReached(now, what)) resolve(now);
		else if (what !== 'stopped' && now.state === 'failed') {
			reject(new ControlError('failed', `The service ${now.name} has failed: ${now.reason}.`));
		}
	};
	const end = target.onEvent(check);
	gone.addEventListener('abort', check);
	check();
	try {
		return await promise;
	} finally {
		end();
		// The client may stay connected for as long as the system runs.
		gone.removeEventListener('abort', check);
	}
}

function isReached({ state, ready }: ServiceStatus, what: WaitedFor): boolean {
	if (what === 'ready') return ready;
	return what === 'running' ? phases[state].isUp : phases[state].isFinal;
}

function aborted(signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) resolve();
		else signal.addEventListener('abort', () => resolve(), { once: true });
	});
}
