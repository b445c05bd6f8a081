// The process containerd: starts it, or adopts it after a crash of PID 1, connects to it, and starts it again when it ends.
// Containers survive its end: each has a shim of its own, which containerd finds again at its start.

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
import { childEnvironment, defaultNamespace, type GuestPaths, stateFiles } from '../contract/layout.ts';
import { defaultRestartRules } from '../contract/supervision.ts';
import { lastLines } from '../logs/log-tail.ts';
import { openAppending } from '../logs/output-files.ts';
import { describeExit } from '../process/child-exit.ts';
import { failuresInRow, restartDelayMs } from '../process/restart-policy.ts';
import { within } from '../process/timeout.ts';
import { containerdArguments } from './containerd-config.ts';
import { connectGrpc, type GrpcConnection } from './grpc-connection.ts';

/** The time from its start to its first answer is 20 ms natively without CRI, and half a second on an emulated processor. */
const readyTimeoutMs = 60_000;
const connectPauseMs = 10;
const tailLines = 5;
/** The value of containerd's unit file for systemd. */
const oomScoreAdjustment = '-999';

/** A start of containerd failed; another one follows. */
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
	/** Like `start`, but only when an earlier PID 1 has left it running. */
	resume(): void;
	/** Call it when an answer is overdue: containerd is killed, and started again, when it gives no other answer either. */
	suspect(timeoutMs: number): Promise<void>;
	/** Resolves with a connection once there is one. Rejects with `ContainerdError` when a start has failed. */
	connection(): Promise<GrpcConnection>;
	/** Sends SIGTERM, and SIGKILL after `graceMs`. containerd is not started again after that. */
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
		// Nobody may wait for it; its failure is logged in any case.
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

	/** Runs containerd until it ends. Returns how it ended, in words. */
	async function runOnce(): Promise<string> {
		const startedAtMs = now();
		const adopted = adopt();
		try {
			child = adopted ?? spawn();
		} catch (error) {
			return `could not be started: ${errorMessage(error)}`;
		}
		const life = { ended: false };
		let isReported = adopted !== null;
		const ended = child.exited.then((exit) => {
			life.ended = true;
			return exit;
		});
		while (!life.ended) {
			const connection = await connectWhileRunning(life);
			if (connection === null) break;
			if (!isReported) {
				const durationMs = Math.round(now() - startedAtMs);
				log.event({ event: 'stage', stage: 'containerd', state: 'done', durationMs }, 'answers');
				isReported = true;
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
		let isReportedLate = false;
		while (!life.ended && !stopping) {
			const connection = await tryConnect();
			if (connection !== null) return connection;
			await pause(connectPauseMs);
			if (!isReportedLate && now() - startedAtMs > readyTimeoutMs) {
				isReportedLate = true;
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

	/** Checks for the socket first, because connections that fail would slow down containerd's start. */
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
		// The socket of an earlier containerd would accept connections that nobody answers.
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

	/** Protects containerd from the OOM killer before it starts a shim, which derives its own value from it. */
	function protect(pid: number): void {
		try {
			writeFileSync(`/proc/${pid}/oom_score_adj`, oomScoreAdjustment);
		} catch (error) {
			log.debug({ stage: 'containerd' }, `the OOM killer may kill containerd: ${String(error)}`);
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
		async suspect(timeoutMs) {
			const suspected = child;
			if (suspected === null || stopping) return;
			const answer = attempt.promise.then(isAnswering).catch(() => false);
			const waited = await within(answer, timeoutMs);
			if (waited.done || child !== suspected || stopping) return;
			log.error(
				{ stage: 'containerd' },
				`containerd gives no answer in ${timeoutMs / 1000} s and is killed; its log is ${logPath}`,
			);
			signal(suspected, 'SIGKILL');
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
			// ESRCH: it has just ended, which `exited` reports.
		}
	}
}

/** Resolves when it answers, whatever it says. */
async function isAnswering(connection: GrpcConnection): Promise<boolean> {
	const { createContainerdClient } = await import('./containerd-client.ts');
	await createContainerdClient(connection, defaultNamespace).version({ timeoutMs: null });
	return true;
}

/** Reports whether this system has a containerd; a system without services may have none. */
export function hasContainerd(paths: GuestPaths): boolean {
	return existsSync(paths.containerd);
}
