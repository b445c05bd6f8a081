// The containers of `service run`, as PID 1 knows them: their names, their ends, and what is left of them when `service` was killed. The
// containers themselves are children of `service`. After a crash of PID 1 their cgroups say which ones run.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { type GuestPaths, runCgroup } from '../contract/layout.ts';
import type { RunEnd } from '../contract/protocol.ts';
import { endContainer } from '../engine/start-container.ts';
import { ControlError } from './control-server.ts';

export interface ContainerRuns {
	/**
	 * Returns the container's name. Its end is told by `end`, else by that of the connection. Throws `ControlError` for a name that is taken.
	 *
	 * @param name - null: the first free `run-N`
	 * @param gone - is aborted with the connection of `service`
	 */
	begin(name: string | null, image: string, gone: AbortSignal): string;
	end(end: RunEnd): void;
}

/** How often PID 1 looks, after a crash, whether a container has ended. */
const watchMs = 2000;

/** @param taken - returns the names that others have */
export function createContainerRuns(
	{ log, now }: Pick<SupervisorContext, 'log' | 'now'>,
	paths: Pick<GuestPaths, 'cgroup'>,
	taken: () => readonly string[],
): ContainerRuns {
	const running = new Map<string, { readonly startedAtMs: number | null }>();
	const folder = join(paths.cgroup, runCgroup);

	function finish({ name, reason, isForgotten }: RunEnd): void {
		const startedAtMs = running.get(name)?.startedAtMs ?? null;
		running.delete(name);
		const state = reason === null ? 'done' : 'failed';
		const durationMs = startedAtMs === null ? {} : { durationMs: Math.round(now() - startedAtMs) };
		const fields = { ...durationMs, ...(reason === null ? {} : { reason }), isForgotten };
		log.event({ event: 'run', name, state, ...fields }, reason ?? 'done');
	}

	async function abandon(name: string, reason: string): Promise<void> {
		if (!running.has(name)) return;
		await removeLeftovers(name);
		if (running.has(name)) finish({ name, reason, isForgotten: false });
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

	/** Those of an earlier PID 1. */
	function adopt(): void {
		for (const name of childFolders(folder)) {
			if (running.has(name)) continue;
			running.set(name, { startedAtMs: null });
			const timer = setInterval(() => {
				if (/^populated 1$/m.test(readTextOrEmpty(join(folder, name, 'cgroup.events'))) && running.has(name))
					return;
				clearInterval(timer);
				// `service` tells the end a moment later, when it lives.
				void abandon(name, 'ended while PID 1 restarted, with an unknown status');
			}, watchMs);
			timer.unref();
		}
	}

	adopt();
	return {
		begin(name, image, gone) {
			const names = [...running.keys(), ...taken()];
			if (name !== null && names.includes(name))
				throw new ControlError(
					'failed',
					`There is a container or a service ${name} already: choose another --name.`,
				);
			const own = name ?? firstFree(names);
			running.set(own, { startedAtMs: now() });
			log.event({ event: 'run', name: own, state: 'started', image }, `started from ${image}`);
			const onGone = (): void => void abandon(own, 'its service run was killed');
			if (gone.aborted) onGone();
			else gone.addEventListener('abort', onGone, { once: true });
			return own;
		},
		end: finish,
	};
}

function firstFree(names: readonly string[]): string {
	for (let number = 1; ; number++) if (!names.includes(`run-${number}`)) return `run-${number}`;
}

function childFolders(folder: string): string[] {
	try {
		const entries = readdirSync(folder, { withFileTypes: true });
		return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
	} catch {
		// No container has run yet.
		return [];
	}
}
