// containerd itself: started, or adopted after a crash of PID 1; connected to; started again when it ends.
//
// The containers live on without it: each has a shim of its own, which containerd finds again at its start.

import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { constant } from '../../native/linux/constant.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import type { Child } from '../context/child-processes.ts';
import { readStateFile, removeStateFile, writeStateFile } from '../context/state-file.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { isRecord } from '../contract/json-shape.ts';
import { childEnvironment, type GuestPaths, stateFiles } from '../contract/layout.ts';
import { defaultRestartRules } from '../contract/supervision.ts';
import { lastLines } from '../logs/log-tail.ts';
import { openAppending } from '../logs/output-files.ts';
import { describeExit } from '../process/child-exit.ts';
import { failuresInRow, restartDelayMs } from '../process/restart-policy.ts';
import { within } from '../process/timeout.ts';
import { containerdArguments } from './containerd-config.ts';
import { connectGrpc, type GrpcConnection } from './grpc-connection.ts';

/** From its start until it answers: 20 ms natively without CRI, half a second on an emulated processor. */
const readyTimeoutMs = 60_000;
const connectPauseMs = 10;
const tailLines = 5;
/** As its unit file for systemd has it. */
const oomScoreAdjustment = '-999';

/** containerd did not come up this time; it is tried again all the same. */
export class ContainerdError extends Error {
	readonly code = 'ERR_CONTAINERD';

	constructor(why: string, logPath: string) {
		super(`containerd is not running: ${why}; its log is ${logPath}`);
		this.name = 'ContainerdError';
	}
}

export interface Containerd {
	/** Starts it in the background, once. */
	start(): void;
	/** As `start`, but only where an earlier PID 1 has left it running. */
	resume(): void;
	/** A live connection, as soon as there is one; rejects with `ContainerdError` when an attempt has failed. */
	connection(): Promise<GrpcConnection>;
	/** SIGTERM, after `graceMs` SIGKILL; never started again after that. */
	stop(graceMs: number): Promise<void>;
}

export function createContainerd(context: SupervisorContext, paths: GuestPaths): Containerd {
	const { children, log, native, now } = context;
	const statePath = stateFiles(paths).containerd;
	const logPath = join(paths.log, 'containerd.log');
	let started = false;
	let stopping = false;
	let child: Child | null = null;
	let attempt = Promise.withResolvers<GrpcConnection>();
	attempt.promise.catch(() => {});

	const nextAttempt = () => {
		attempt = Promise.withResolvers<GrpcConnection>();
		// Nobody may be waiting for it; its failure is logged all the same.
		attempt.promise.catch(() => {});
	};

	async function keepRunning(): Promise<void> {
		let failures = 0;
		while (!stopping) {
			const startedAtMs = now();
			const why = await runOnce();
			if (stopping) return;
			failures = failuresInRow(failures, startedAtMs, now(), defaultRestartRules);
			const delayMs = restartDelayMs(failures, defaultRestartRules);
			log.error(
				{ stage: 'containerd', lastLines: lastLines(logPath, tailLines) },
				`containerd ${why}; it is started again in ${delayMs} ms; the services run on; its log is ${logPath}`,
			);
			attempt.reject(new ContainerdError(why, logPath));
			nextAttempt();
			await pause(delayMs);
		}
	}

	/** One life of containerd, told in words when it is over. */
	async function runOnce(): Promise<string> {
		const startedAtMs = now();
		const adopted = adopt();
		try {
			child = adopted ?? spawn();
		} catch (error) {
			return `could not be started: ${errorMessage(error)}`;
		}
		const life = { ended: false };
		let isTold = adopted !== null;
		const ended = child.exited.then((exit) => {
			life.ended = true;
			return exit;
		});
		while (!life.ended) {
			const connection = await connectWhileRunning(life);
			if (connection === null) break;
			if (!isTold) {
				const durationMs = Math.round(now() - startedAtMs);
				log.event({ event: 'stage', stage: 'containerd', state: 'done', durationMs }, 'answers');
				isTold = true;
			}
			attempt.resolve(connection);
			await Promise.race([ended, connection.closed]);
			connection.close();
			nextAttempt();
		}
		removeStateFile(statePath);
		child = null;
		return describeExit(await ended);
	}

	async function connectWhileRunning(life: { readonly ended: boolean }): Promise<GrpcConnection | null> {
		const startedAtMs = now();
		let complained = false;
		while (!life.ended && !stopping) {
			const connection = await tryConnect();
			if (connection !== null) return connection;
			await pause(connectPauseMs);
			if (!complained && now() - startedAtMs > readyTimeoutMs) {
				complained = true;
				log.error(
					{ stage: 'containerd' },
					`containerd runs but does not listen on ${paths.containerdSocket}; its log is ${logPath}`,
				);
				attempt.reject(new ContainerdError('it does not listen on its socket', logPath));
				nextAttempt();
			}
		}
		return null;
	}

	/** First the socket is looked for: while containerd starts, connections that fail would slow it down. */
	async function tryConnect(): Promise<GrpcConnection | null> {
		if (!existsSync(paths.containerdSocket)) return null;
		return await connectGrpc(paths.containerdSocket).catch(() => null);
	}

	function adopt(): Child | null {
		const saved = readStateFile(statePath);
		const pid = isRecord(saved) ? saved['pid'] : undefined;
		return typeof pid === 'number' ? children.adopt(pid) : null;
	}

	function spawn(): Child {
		// A socket left by an earlier containerd would take connections that nobody answers.
		rmSync(paths.containerdSocket, { force: true });
		makeFolder(dirname(paths.containerdSocket));
		const logFd = openAppending(logPath);
		const nullFd = openSync('/dev/null', 'r');
		try {
			const started = children.start({
				path: paths.containerd,
				args: containerdArguments(paths),
				env: childEnvironment,
				stdio: [nullFd, logFd, logFd],
				newSession: true,
			});
			protect(started.pid);
			if (!writeStateFile(statePath, { pid: started.pid })) {
				log.warn({ stage: 'containerd' }, `containerd's pid could not be written to ${statePath}`);
			}
			return started;
		} finally {
			closeSync(nullFd);
			closeSync(logFd);
		}
	}

	/** Long before its first shim, which makes itself one more. */
	function protect(pid: number): void {
		try {
			writeFileSync(`/proc/${pid}/oom_score_adj`, oomScoreAdjustment);
		} catch (error) {
			log.debug({ stage: 'containerd' }, `containerd may be killed for want of memory: ${String(error)}`);
		}
	}

	function start(): void {
		if (started || stopping) return;
		started = true;
		keepRunning().catch((error: unknown) => {
			log.error({ stage: 'containerd', error: String(error) }, 'containerd is no longer supervised');
		});
	}

	return {
		start,
		resume() {
			if (!started && adopt() !== null) start();
		},
		connection: () => attempt.promise,
		async stop(graceMs) {
			stopping = true;
			const running = child ?? adopt();
			if (running === null) return;
			signal(running, 'SIGTERM');
			if (!(await within(running.exited, graceMs)).done) {
				log.warn({ stage: 'containerd' }, `containerd did not end in ${graceMs} ms and is killed`);
				signal(running, 'SIGKILL');
				await within(running.exited, graceMs);
			}
			removeStateFile(statePath);
		},
	};

	function signal(running: Child, name: 'SIGTERM' | 'SIGKILL'): void {
		try {
			native.kill(running.pid, constant(native, name));
		} catch {
			// ESRCH: it has just ended, which `exited` tells.
		}
	}
}

/** Whether this system has a containerd at all: one without services may do without. */
export function hasContainerd(paths: GuestPaths): boolean {
	return existsSync(paths.containerd);
}
