// Containers that run once, one after another in the order of their folders, by runc: onboot and onshutdown.
//
// A failure is told, with the last lines of output, and the next container runs all the same, as in LinuxKit.
// After a crash of PID 1 the ended ones are not run again, and the one that was running is waited for.
// A request to stop ends the one that runs, and no further one is started.

import { basename, join } from 'node:path';
import type { ChildExit } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { type Bundle, bundleFolders, readBundle } from '../bundle/bundle.ts';
import { prepareBundle, releaseBundle } from '../bundle/prepare.ts';
import { needsProcess, prepareProcess } from '../bundle/prepare-process.ts';
import { tryReadSupervision } from '../bundle/read-supervision.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import { lastLines } from '../logs/log-tail.ts';
import {
	linkOutputFiles,
	type OutputFiles,
	type OutputPaths,
	openOutputFiles,
	outputPaths,
} from '../logs/output-files.ts';
import { describeExit, succeeded } from '../process/child-exit.ts';
import { createStopRequest, type EarlyEnd, removeContainer, waitFor } from './end-early.ts';
import { openProgress } from './one-shot-progress.ts';
import { createRunc, readPidFile } from './runc.ts';

export type OneShotKind = 'onboot' | 'onshutdown';

const TAIL_LINES = 10;

/** `limitMs` is for all of them together; null: as long as they take. Never rejects. */
export async function runOneShots(
	kind: OneShotKind,
	context: SupervisorContext,
	paths: GuestPaths,
	limitMs: number | null,
	stop = createStopRequest(),
): Promise<void> {
	const { log, now } = context;
	const deadlineMs = limitMs === null ? Number.POSITIVE_INFINITY : now() + limitMs;
	const progress = openProgress(stateFiles(paths).oneShots(kind));
	const links: [OutputPaths, OutputPaths][] = [];
	for (const folder of bundleFolders(join(paths.containers, kind))) {
		const name = basename(folder);
		if (progress.isDone(name)) continue;
		const left = progress.running()?.name === name ? progress.running() : null;
		if (stop.isMade() && left === null) continue;
		const files = outputPaths(paths.runLog, `${kind}.${name}`);
		const linked = outputPaths(paths.log, `${kind}.${name}`);
		linkOutputFiles(files, linked);
		links.push([files, linked]);

		const startedAtMs = left?.startedAtMs ?? now();
		if (left === null) log.event({ event: kind, name, state: 'started' }, 'started');
		const { supervision, trouble } = tryReadSupervision(folder);
		const { onFailure = 'continue', timeoutMs } = supervision;
		// It runs as it would without.
		if (trouble !== null) log.error({ stage: kind, container: name }, `${name}: ${trouble}`);
		const ownDeadlineMs = timeoutMs === undefined ? deadlineMs : startedAtMs + timeoutMs;
		const failure = await runOne(folder, files, left?.pid ?? null, {
			context,
			paths,
			deadlineMs: Math.min(deadlineMs, ownDeadlineMs),
			stop,
			retried: left !== null,
			noteRunning: (pid) => progress.begin({ name, pid, startedAtMs }),
		});
		progress.end(name);
		const durationMs = Math.round(now() - startedAtMs);
		if (failure === null) {
			log.event({ event: kind, name, state: 'done', durationMs }, 'done');
			continue;
		}
		const { reason, lines } = failure;
		log.event(
			{ event: kind, name, state: 'failed', durationMs, reason, lastLines: lines },
			`${reason}; its log is ${files.stderr}`,
		);
		if (stop.isMade()) continue;
		const tail = lines.map((line) => `\n    ${line}`).join('');
		if (lines.length > 0) log.error({ stage: kind, container: name }, `the last lines of ${name}:${tail}`);
		if (kind === 'onshutdown' || onFailure === 'continue') continue;
		context.power(onFailure, `${kind} ${name}, which failed`);
		// No further one: the end of the system has begun.
		break;
	}
	for (const [files, linked] of links) linkOutputFiles(files, linked);
}

interface Failure {
	readonly reason: string;
	readonly lines: readonly string[];
}

interface Run extends EarlyEnd {
	/** An earlier incarnation of PID 1 had begun with it. */
	readonly retried: boolean;
	noteRunning(pid: number | null): void;
}

async function runOne(
	folder: string,
	files: OutputPaths,
	adoptedPid: number | null,
	run: Run,
): Promise<Failure | null> {
	let output: OutputFiles | null = null;
	let bundle: Bundle | null = null;
	try {
		bundle = readBundle(folder);
		output = openOutputFiles(files);
		const exit = await (adoptedPid === null
			? runAnew(bundle, output, run)
			: waitForAdopted(bundle, adoptedPid, run));
		if (exit !== null && succeeded(exit)) return null;
		const ended = run.stop.isMade() ? 'was stopped' : 'did not end in time and was killed';
		const reason = exit === null ? ended : describeExit(exit);
		return { reason, lines: tail(output) };
	} catch (error) {
		const reason = `could not be run: ${errorMessage(error)}`;
		return { reason, lines: output === null ? [] : tail(output) };
	} finally {
		if (bundle !== null) releaseBundle(bundle, run.context.native);
		output?.close();
	}
}

function tail(output: OutputFiles): string[] {
	const stderr = lastLines(output.stderrFd, TAIL_LINES);
	return stderr.length > 0 ? stderr : lastLines(output.stdoutFd, TAIL_LINES);
}

/** Null when it was ended early. */
async function runAnew(bundle: Bundle, output: OutputFiles, run: Run): Promise<ChildExit | null> {
	const { context, paths } = run;
	const runc = createRunc(context.children, paths);
	if (run.retried) {
		// Begun, but its pid was not yet noted when PID 1 crashed: from the beginning.
		await removeContainer(bundle, context, paths);
		releaseBundle(bundle, context.native);
		if (run.stop.isMade()) return null;
	}
	run.noteRunning(null);
	prepareBundle(bundle, context.native, paths.cgroup);
	if (!needsProcess(bundle.runtime)) {
		const child = runc.run(bundle, output);
		run.noteRunning(child.pid);
		return waitFor(child, bundle, run);
	}

	const pidFile = stateFiles(paths).oneShotPid(bundle.name);
	const created = await waitFor(runc.create(bundle, pidFile, output), bundle, run);
	if (created === null || !succeeded(created)) return created;
	const pid = readPidFile(pidFile);
	// Its parent, `runc create`, has ended, so it is our child; it can't end before `runc start`.
	const container = context.children.adopt(pid);
	if (container === null) throw new Error(`its process ${pid} is not a child of PID 1`);
	try {
		prepareProcess(bundle, pid, context.native);
	} catch (error) {
		await removeContainer(bundle, context, paths);
		throw error;
	}
	const started = await waitFor(runc.start(bundle, output), bundle, run);
	if (started === null || !succeeded(started)) return started;
	run.noteRunning(pid);
	const exit = await waitFor(container, bundle, run);
	await removeContainer(bundle, context, paths);
	return exit;
}

async function waitForAdopted(bundle: Bundle, pid: number, run: Run): Promise<ChildExit | null> {
	const child = run.context.children.adopt(pid);
	if (child === null) throw new Error(`it ended while PID 1 restarted; how is unknown`);
	return waitFor(child, bundle, run);
}
