// Runs the containers that run once, onboot and onshutdown, by runc or the built-in engine: one after another in the order of their directories.
//
// A failure is reported with the last lines of output, and the next container runs nevertheless, as in LinuxKit. After a
// crash of PID 1 the ended containers do not run again, and PID 1 waits for the one that runs. A request to stop ends the
// container that runs, and no further one starts.

import { basename, join } from 'node:path';
import type { ChildExit } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { requireProfile } from '../bundle/apparmor.ts';
import { type Bundle, bundleFolders, programOf, readBundle, readSpec } from '../bundle/bundle.ts';
import { capabilityHint } from '../bundle/capability-hint.ts';
import { prepareBundle, releaseBundle } from '../bundle/prepare.ts';
import { needsProcess, prepareProcess } from '../bundle/prepare-process.ts';
import { tryReadSupervision } from '../bundle/read-supervision.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import type { EngineName } from '../contract/supervision.ts';
import { readStartPlan } from '../engine/start-plan.ts';
import { lastLines } from '../logs/log-tail.ts';
import {
	linkOutputFiles,
	type OutputFiles,
	type OutputPaths,
	openOutputFiles,
	outputPaths,
} from '../logs/output-files.ts';
import { ensureNetwork, releaseNetwork } from '../network/container-network.ts';
import { ignoreRouters } from '../network/publish.ts';
import { readNetwork } from '../network/read-network.ts';
import { describeExit, succeeded } from '../process/child-exit.ts';
import { execFailure, isRuncLine, runcFailure } from '../process/runtime-failure.ts';
import { removeBuiltin, runBuiltin, StartFailure } from './builtin-engine.ts';
import { createStopRequest, type EarlyEnd, type OneShotRun, removeByRunc, waitFor } from './end-early.ts';
import { type OneShotProgress, openProgress } from './one-shot-progress.ts';
import { createRunc, readPidFile } from './runc.ts';

export type OneShotKind = 'onboot' | 'onshutdown';

const tailLines = 10;

/**
 * Runs the containers of a kind that have not run in this boot. Never rejects.
 *
 * @param timeoutMs - for all containers together; null: no limit
 */
export async function runOneShots(
	kind: OneShotKind,
	context: SupervisorContext,
	paths: GuestPaths,
	timeoutMs: number | null,
	stop = createStopRequest(),
): Promise<void> {
	const deadlineMs = timeoutMs === null ? Number.POSITIVE_INFINITY : context.now() + timeoutMs;
	const progress = openProgress(stateFiles(paths).oneShots(kind));
	const series: Series = { kind, context, paths, deadlineMs, stop, progress };
	const links: [OutputPaths, OutputPaths][] = [];
	for (const folder of bundleFolders(join(paths.containers, kind))) {
		const name = basename(folder);
		const isLeft = progress.running()?.name === name;
		if (progress.isDone(name) || (stop.isMade() && !isLeft)) continue;
		const files = outputPaths(paths.runLog, `${kind}.${name}`);
		const linked = outputPaths(paths.log, `${kind}.${name}`);
		linkOutputFiles(files, linked);
		links.push([files, linked]);
		if (!(await runNext(series, folder, name, files))) break;
	}
	// A container may have mounted a disk over the first links.
	for (const [files, linked] of links) linkOutputFiles(files, linked);
}

interface Series extends Omit<EarlyEnd, 'remove'> {
	readonly kind: OneShotKind;
	readonly progress: OneShotProgress;
}

/** Runs one container and reports how it ended. Returns false when no further one may run. */
async function runNext(series: Series, folder: string, name: string, files: OutputPaths): Promise<boolean> {
	const { kind, context, paths, deadlineMs, stop, progress } = series;
	const { log, now } = context;
	const running = progress.running();
	const left = running?.name === name ? running : null;
	const startedAtMs = left?.startedAtMs ?? now();
	if (left === null) log.event({ event: kind, name, state: 'started' }, 'started');
	const { supervision, trouble } = tryReadSupervision(folder);
	const { onFailure = 'continue', timeoutMs = Number.POSITIVE_INFINITY } = supervision;
	const engine = supervision.engine ?? context.engine ?? 'runc';
	const removeBy = engine === 'runc' ? removeByRunc : removeBuiltin;
	// The container runs, without the keys of the file.
	if (trouble !== null) log.error({ stage: kind, container: name }, `${name}: ${trouble}`);
	const failure = await runOne(folder, files, left?.pid ?? null, {
		...series,
		deadlineMs: Math.min(deadlineMs, startedAtMs + timeoutMs),
		engine,
		remove: (bundle) => removeBy(bundle, context, paths),
		retried: left !== null,
		noteRunning: (pid) => progress.begin({ name, pid, startedAtMs }),
	});
	progress.end(name);
	const durationMs = Math.round(now() - startedAtMs);
	if (failure === null) {
		log.event({ event: kind, name, state: 'done', durationMs }, 'done');
		return true;
	}
	const { reason, lines } = failure;
	log.event(
		{ event: kind, name, state: 'failed', durationMs, reason, lastLines: lines },
		`${reason}; its log is ${files.stderr}`,
	);
	if (stop.isMade()) return true;
	const text = lines.map((line) => `\n    ${line}`).join('');
	if (lines.length > 0) log.error({ stage: kind, container: name }, `the last lines of ${name}:${text}`);
	const hint = capabilityHint(folder, lines);
	if (hint !== null) log.error({ stage: kind, container: name }, `${name}: ${hint}`);
	if (kind === 'onshutdown' || onFailure === 'continue') return true;
	context.power(onFailure, `${kind} ${name}, which failed`);
	return false;
}

interface Failure {
	readonly reason: string;
	readonly lines: readonly string[];
}

interface Run extends OneShotRun {
	readonly engine: EngineName;
	/** An earlier PID 1 began with the container. */
	readonly retried: boolean;
}

/** Returns null when the container succeeded. Never rejects. */
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
			? runFromStart(bundle, output, run)
			: waitForAdopted(bundle, adoptedPid, run));
		if (exit !== null && succeeded(exit)) return null;
		const ended = run.stop.isMade() ? 'was stopped' : 'did not end in time and was killed';
		if (exit === null) return { reason: ended, lines: tail(output) };
		const end = describeExit(exit);
		return run.engine === 'runc'
			? failureOf(bundle, end, tail(output))
			: { reason: end, lines: tail(output) };
	} catch (error) {
		const what = error instanceof StartFailure ? 'could not be started' : 'could not be run';
		const reason = `${what}: ${errorMessage(error)}`;
		return { reason, lines: output === null ? [] : tail(output) };
	} finally {
		if (bundle !== null) {
			releaseBundle(bundle, run.context.native);
			releaseNetwork(folder, run.context.native);
		}
		output?.close();
	}
}

/** runc's own error is the reason, in place of runc's exit status; its log has the whole. */
function failureOf(bundle: Bundle, end: string, lines: readonly string[]): Failure {
	const cause = runcFailure(lines.at(-1)) ?? execFailure(lines.at(-1), programOf(readSpec(bundle)));
	if (cause === null) return { reason: end, lines };
	return {
		reason: `could not be started: ${cause}`,
		lines: lines.slice(0, -1).filter((line) => !isRuncLine(line)),
	};
}

function tail(output: OutputFiles): string[] {
	const stderr = lastLines(output.stderrFd, tailLines);
	return stderr.length > 0 ? stderr : lastLines(output.stdoutFd, tailLines);
}

/** Returns null when the container was ended early. */
async function runFromStart(bundle: Bundle, output: OutputFiles, run: Run): Promise<ChildExit | null> {
	const { context, paths } = run;
	if (run.retried) {
		// PID 1 crashed before it recorded the pid: the container runs again from its start.
		await run.remove(bundle);
		releaseBundle(bundle, context.native);
		if (run.stop.isMade()) return null;
	}
	run.noteRunning(null);
	const plan = run.engine === 'builtin' ? readStartPlan(bundle.folder) : null;
	const config = prepareBundle(bundle, context.native, paths.cgroup, plan?.config);
	requireProfile(config, paths);
	const network = readNetwork(bundle.folder);
	if (network !== null) {
		ensureNetwork(network, context.native);
		ignoreRouters(network.links.map(({ bridge }) => bridge));
	}
	if (run.engine === 'builtin') return await runBuiltin(bundle, config, plan, output, run);
	const runc = createRunc(context.children, paths);
	if (!needsProcess(bundle.runtime)) {
		const child = runc.run(bundle, output);
		run.noteRunning(child.pid);
		return waitFor(child, bundle, run);
	}

	const pidFile = stateFiles(paths).oneShotPid(bundle.name);
	const created = await waitFor(runc.create(bundle, pidFile, output), bundle, run);
	if (created === null || !succeeded(created)) return created;
	const pid = readPidFile(pidFile);
	// Its parent, `runc create`, has ended, so the process is our child. It can't end before `runc start`.
	const container = context.children.adopt(pid);
	if (container === null) throw new Error(`its process ${pid} is not a child of PID 1`);
	try {
		prepareProcess(bundle, pid, context.native);
	} catch (error) {
		await run.remove(bundle);
		throw error;
	}
	const started = await waitFor(runc.start(bundle, output), bundle, run);
	if (started === null || !succeeded(started)) return started;
	run.noteRunning(pid);
	const exit = await waitFor(container, bundle, run);
	await run.remove(bundle);
	return exit;
}

async function waitForAdopted(bundle: Bundle, pid: number, run: Run): Promise<ChildExit | null> {
	const child = run.context.children.adopt(pid);
	if (child === null) throw new Error('it ended while PID 1 restarted, with an unknown status');
	const exit = await waitFor(child, bundle, run);
	if (run.engine === 'builtin') await run.remove(bundle);
	return exit;
}
