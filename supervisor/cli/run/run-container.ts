// `service run`: unpacks an image and runs a program in a container of it, as a child of `service`, from its start to its end. PID 1 only
// knows its name: it tells the start and the end, and removes what is left when `service` is killed.

import { accessSync, closeSync, constants, createReadStream, existsSync, openSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { join } from 'node:path';
import type { Native } from '../../../native/native.ts';
import { SyscallError } from '../../../native/syscall-error.ts';
import { asRuntimeConfig } from '../../bundle/bundle.ts';
import { defaultLimits, withDefaultLimits } from '../../bundle/default-limits.ts';
import { runRefusalText } from '../../contract/engine-refusals.ts';
import { runCgroup, stateFiles } from '../../contract/layout.ts';
import type { RuntimeSpec } from '../../contract/runtime-spec.ts';
import {
	type ContainerStart,
	EngineError,
	endContainer,
	startContainer,
} from '../../engine/start-container.ts';
import { outOfMemoryNote } from '../../process/memory-events.ts';
import type { CallerPaths } from '../command.ts';
import { attend } from '../exec/attend.ts';
import { readInContainer } from '../exec/enter-container.ts';
import type { ExecStreams } from '../exec/exec-streams.ts';
import { openPipeStreams } from '../exec/pipe-streams.ts';
import { notStarted } from '../exec/run-in-container.ts';
import { openTerminalStreams } from '../exec/terminal-streams.ts';
import { type ImageMemory, openImageMemory } from './image-memory.ts';
import { dropReceived } from './received-image.ts';
import type { RunRequest } from './run-arguments.ts';
import { type RunSurroundings, runSpec } from './run-spec.ts';
import { type RunImage, unpackImage } from './unpack-image.ts';

/** The time that a signal to `service` gives the program, before it is killed. */
const killAfterMs = 10_000;
const resolvConf = '/etc/resolv.conf';

/** What PID 1 and the services give it. */
type Joined = Pick<RunSurroundings, 'name' | 'network' | 'pid' | 'terminal' | 'hosts'>;

export interface RunOutcome {
	/** The program's, or 128 plus the number of the signal that ended it. */
	readonly exitCode: number;
	/** See `outOfMemoryNote`. */
	readonly outOfMemory: string;
}

/** Throws an `Error` that gives the reason. */
export async function runContainer(
	native: Native,
	request: RunRequest,
	joined: Joined,
	paths: CallerPaths,
): Promise<RunOutcome> {
	const memory = openImageMemory(native);
	try {
		const image = await unpackImage(request.image, tarballOf(request), memory, native);
		if (request.received !== null) dropReceived(request.received);
		const place = stateFiles(paths).run(joined.name);
		const spec = specOf(native, request, { memory, image, place, joined, paths });
		const id = joined.name;
		const container = { id, spec, cgroupRoot: cgroupRoot(paths.cgroup) };
		const streams = openStreams(native, request, spec, joined.terminal);
		const begin = (): number =>
			memory.mounted(place, () =>
				start(native, {
					...container,
					...rootOf(place, image),
					stdio: streams.stdio,
					terminal: joined.terminal,
				}),
			);
		try {
			const exitCode = await attend(native, begin, streams, joined.terminal, killAfterMs);
			return { exitCode, outOfMemory: outOfMemoryNote(container.cgroupRoot, `${runCgroup}/${id}`) };
		} finally {
			await endContainer(container, () => performance.now());
		}
	} finally {
		memory.close();
	}
}

function tarballOf({ received }: RunRequest): AsyncIterable<Uint8Array> {
	return received === null ? process.stdin : (createReadStream(received) as AsyncIterable<Buffer>);
}

interface Prepared {
	readonly memory: ImageMemory;
	readonly image: RunImage;
	/** Where the memory is mounted as the container starts. */
	readonly place: string;
	readonly joined: Joined;
	readonly paths: CallerPaths;
}

function specOf(native: Native, request: RunRequest, prepared: Prepared): RuntimeSpec {
	const { memory, image, place, joined, paths } = prepared;
	const rootFd = openSync(image.folder ?? memory.path('image'), constants.O_RDONLY | constants.O_DIRECTORY);
	try {
		const read = (path: string) => readInContainer(native, rootFd, path);
		const spec = runSpec(request, {
			...joined,
			rootfs: join(place, 'root'),
			image: image.defaults,
			files: { passwd: read('etc/passwd'), group: read('etc/group') },
			resolvConf: existsSync(resolvConf) ? resolvConf : null,
			env: process.env,
		});
		return withDefaultLimits({ ...spec }, defaultLimits(paths)) as unknown as RuntimeSpec;
	} finally {
		closeSync(rootFd);
	}
}

function rootOf(place: string, image: RunImage): Pick<ContainerStart, 'folder' | 'overlay'> {
	const at = (name: string): string => join(place, name);
	const lower = image.folder ?? at('image');
	return { folder: place, overlay: { lower, upper: at('upper'), work: at('work') } };
}

function start(native: Native, container: Omit<ContainerStart, 'runtime'>): number {
	const children = {
		start: (request: Parameters<Native['spawn']>[0]) => ({
			// The program must not survive `service`.
			pid: native.spawn({ ...request, parentDeathSignal: osConstants.signals.SIGKILL }),
			// `attend` waits for it.
			exited: new Promise<never>(() => undefined),
		}),
		adopt: () => null,
	};
	try {
		const runtime = asRuntimeConfig({}, 'runtime.json');
		return startContainer({ native, children }, { ...container, runtime }).pid;
	} catch (error) {
		if (error instanceof EngineError) throw new Error(runRefusalText(error.refusals), { cause: error });
		throw error instanceof SyscallError ? notStarted(error, container.spec.process) : error;
	}
}

function openStreams(native: Native, request: RunRequest, spec: RuntimeSpec, terminal: boolean): ExecStreams {
	if (!terminal)
		return openPipeStreams(native, spec.process.user.uid, request.image !== '-' || request.received !== null);
	const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
	const master = openSync('/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK);
	try {
		return openTerminalStreams(native, { master, slave: native.openTerminalPeer(master) });
	} catch (error) {
		closeSync(master);
		throw error;
	}
}

/** The mount of this mount namespace, or PID 1's when `service` has a read-only one. */
function cgroupRoot(path: string): string {
	const found = ['', '/proc/1/root'].map((root) => `${root}${path}`).find(isWritable);
	if (found === undefined)
		throw new Error(`The cgroups at ${path} can't be written from here: run it on the machine itself.`);
	return found;
}

function isWritable(folder: string): boolean {
	try {
		accessSync(join(folder, 'cgroup.subtree_control'), constants.W_OK);
		return true;
	} catch {
		return false;
	}
}
