// The containers of `service run`, as PID 1 knows them: their names, their networks, their ends, and what is left of them when `service`
// was killed. The containers themselves are children of `service`. After a crash of PID 1 its records and their cgroups say which ones run.

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { type GuestPaths, runCgroup, stateFiles } from '../contract/layout.ts';
import type { RunEnd, ServiceStatus, StartedRun } from '../contract/protocol.ts';
import { endContainer } from '../engine/start-container.ts';
import type { RunNetworks } from '../network/run-networks.ts';
import { identifyProcess, type ProcessIdentity, signalProcess } from '../process/process-identity.ts';
import { ControlError } from './control-server.ts';
import { childFolders, readRunOwner, removeRunRecord, writeRunRecord } from './run-record.ts';

export interface RunStart {
	/** Null: the first free `run-N`. */
	readonly name: string | null;
	readonly image: string;
	/** The network in which it is; null: that is no matter of PID 1. */
	readonly net: string | null;
	/** The process of `service`. */
	readonly owner: ProcessIdentity;
}

export interface ContainerRuns {
	/**
	 * Its end is told by `end`, else by that of the connection. Throws `ControlError` for a name that is taken, and when its network
	 * can't be made.
	 *
	 * @param gone - is aborted with the connection of `service`
	 */
	begin(start: RunStart, gone: AbortSignal): Promise<StartedRun>;
	end(end: RunEnd): void;
	/** Ends one, as SIGTERM to its `service` does. Returns null when none has that name. */
	stop(name: string): Promise<ServiceStatus | null>;
}

interface Run {
	/** Null: before a crash of PID 1. */
	readonly startedAtMs: number | null;
	readonly owner: ProcessIdentity | null;
}

/** How often PID 1 looks, after a crash, whether a container has ended. */
const watchMs = 2000;
/** `service` kills its program 10 s after a signal. */
const stopMs = 12_000;
const stopPauseMs = 20;

/** @param taken - returns the names that others have */
export function createContainerRuns(
	{ log, now, native }: Pick<SupervisorContext, 'log' | 'now' | 'native'>,
	paths: Pick<GuestPaths, 'cgroup' | 'state'>,
	networks: RunNetworks,
	taken: () => readonly string[],
): ContainerRuns {
	const running = new Map<string, Run>();
	const folder = join(paths.cgroup, runCgroup);

	function giveBack(name: string): void {
		running.delete(name);
		networks.close(name);
		removeRunRecord(paths, name);
	}

	function finish({ name, reason, isForgotten }: RunEnd): void {
		const startedAtMs = running.get(name)?.startedAtMs ?? null;
		giveBack(name);
		const state = reason === null ? 'done' : 'failed';
		const durationMs = startedAtMs === null ? {} : { durationMs: Math.round(now() - startedAtMs) };
		const fields = { ...durationMs, ...(reason === null ? {} : { reason }), isForgotten };
		log.event({ event: 'run', name, state, ...fields }, reason ?? 'done');
	}

	/** Never rejects. A name is free as soon as its container has ended, so it may be another one's by now. */
	async function abandon(name: string, run: Run, reason: string): Promise<void> {
		if (running.get(name) !== run) return;
		try {
			await removeLeftovers(name);
		} catch (error) {
			log.warn({ stage: 'services' }, `${name}: something is left of it: ${errorMessage(error)}`);
		}
		if (running.get(name) === run) finish({ name, reason, isForgotten: false });
	}

	async function removeLeftovers(name: string): Promise<void> {
		const linux = { cgroupsPath: `${runCgroup}/${name}` };
		const spec = {
			ociVersion: '',
			process: { user: { uid: 0, gid: 0 }, args: [], cwd: '/' },
			root: { path: '' },
			linux,
		};
		await endContainer({ id: name, spec, cgroupRoot: paths.cgroup }, now);
	}

	/** It may have no processes yet while `service` unpacks its image, or none any longer while `service` is about to tell its end. */
	function isOver(name: string, owner: ProcessIdentity | null): boolean {
		if (owner !== null) return identifyProcess(owner.pid)?.startTicks !== owner.startTicks;
		return !/^populated 1$/m.test(readTextOrEmpty(join(folder, name, 'cgroup.events')));
	}

	/** Those of an earlier PID 1. */
	function adopt(): void {
		for (const name of [...childFolders(folder), ...childFolders(stateFiles(paths).runs)]) {
			if (running.has(name)) continue;
			const run = { startedAtMs: null, owner: readRunOwner(paths, name) };
			running.set(name, run);
			const timer = setInterval(() => {
				if (running.get(name) === run && !isOver(name, run.owner)) return;
				clearInterval(timer);
				void abandon(name, run, 'ended while PID 1 restarted, with an unknown status');
			}, watchMs);
			timer.unref();
		}
	}

	async function networkOf(name: string, net: string | null): Promise<Pick<StartedRun, 'network'>> {
		if (net === null) return { network: null };
		const bridge = networks.find(net);
		if (bridge === null) {
			const services =
				taken().length === 0 ? 'There are no services' : `The services are ${taken().join(', ')}`;
			throw new ControlError(
				'unknown-service',
				`--net ${net}: there is no service and no network of that name. ${services}.`,
			);
		}
		try {
			return { network: await networks.open(name, bridge) };
		} catch (error) {
			throw new ControlError('failed', `--net ${net}: ${errorMessage(error)}.`);
		}
	}

	adopt();
	return {
		async begin({ name, image, net, owner }, gone) {
			const names = [...running.keys(), ...taken()];
			if (name !== null && names.includes(name))
				throw new ControlError(
					'failed',
					`There is a container or a service ${name} already: choose another --name.`,
				);
			const own = name ?? firstFree(names);
			const run = { startedAtMs: now(), owner };
			running.set(own, run);
			writeRunRecord(paths, own, owner);
			let network: Pick<StartedRun, 'network'>;
			try {
				network = await networkOf(own, net);
			} catch (error) {
				giveBack(own);
				throw error;
			}
			log.event({ event: 'run', name: own, state: 'started', image }, `started from ${image}`);
			const onGone = (): void => void abandon(own, run, 'its service run was killed');
			if (gone.aborted) onGone();
			else gone.addEventListener('abort', onGone, { once: true });
			return { name: own, ...network };
		},
		end: finish,
		async stop(name) {
			const run = running.get(name);
			if (run === undefined) return null;
			const signal = (text: string): boolean => run.owner !== null && signalProcess(native, run.owner, text);
			// Without that process nobody ends it but PID 1.
			const end = now() + (signal('SIGTERM') ? stopMs : 0);
			while (running.get(name) === run && now() < end) await pause(stopPauseMs);
			if (running.get(name) === run) {
				signal('SIGKILL');
				await abandon(name, run, 'was stopped, and killed');
			}
			const ended = { state: 'stopped', ready: false, pid: null, restarts: 0, reason: null } as const;
			return { name, ...ended, since: now() / 1000, after: [], log: '' };
		},
	};
}

function firstFree(names: readonly string[]): string {
	for (let number = 1; ; number++) if (!names.includes(`run-${number}`)) return `run-${number}`;
}
