// Why a container could not be started, as one sentence with the cause first. containerd and runc give a chain in which each
// layer has put its own words before those of the layer below, and the cause stands last. Pure.

import { printable } from '../../native/text/printable.ts';
import { limitNames } from '../contract/resource-limits.ts';
import { startCauses } from './start-causes.ts';

/** What the layers say of themselves (containerd 1.6 and 1.7, runc 1.1 and 1.2). */
const layers =
	/^(?:failed to (?:create|start) (?:shim )?(?:task|containerd task): |OCI runtime (?:create|start|exec) failed: |(?:runc|container) (?:run|create|start)(?: failed)?: |unable to (?:start|create) (?:a )?(?:new )?(?:container process|parent process for container): |container_linux\.go:\d+: |starting container process caused: |process_linux\.go:\d+: |container init caused: |error during container init: |rpc error: code = \w+ desc = )/;

interface KnownCause {
	readonly pattern: RegExp;
	readonly sentence: (...groups: string[]) => string;
}

const knownCauses: readonly KnownCause[] = [
	{
		pattern: /^exec: "(.*)": (?:stat .*: no such file or directory|executable file not found in \$PATH)$/,
		sentence: startCauses.noProgram,
	},
	{
		pattern: /^exec: "(.*)": permission denied$/,
		sentence: startCauses.notExecutable,
	},
	{
		pattern: /^exec "?(.*?)"?: exec format error$/,
		sentence: startCauses.otherFormat,
	},
	{
		pattern: /^exec:? "?(.*?)"?: no such file or directory$/,
		sentence: startCauses.noInterpreter,
	},
	{
		pattern: /^error mounting "(.*)" to rootfs at "(.*)": stat (.*): no such file or directory$/,
		sentence: (source, target, missing) =>
			missing === source
				? startCauses.noSource(source, target)
				: `${missing} does not exist, which the mount of ${source} at ${target} needs`,
	},
	{
		pattern: /^error mounting ".*" to rootfs at "(.*)": (?:mkdir|open|create) .*: read-only file system$/,
		sentence: startCauses.noTarget,
	},
	{
		pattern:
			/^error mounting "(.*)" to rootfs at "(.*)": mount [^,]*(?:, flags: [^,]*)?(?:, data: (.*))?: ([^:]+)$/,
		sentence: (source, target, options, cause) =>
			`${source} can't be mounted at ${target}${options === undefined ? '' : ` with the options ${options}`}: ${cause}`,
	},
	{
		// runc makes the directory before it changes to it.
		pattern: /^(?:chdir to cwd \("(.*)"\).*|mkdir (.*)): (no such file or directory|.*)$/,
		sentence: (cwd, folder, cause) => startCauses.noDirectory(folder ?? cwd, cause),
	},
	{
		pattern: /^container init was OOM-killed .*$/,
		sentence: () => startCauses.noMemory,
	},
	{
		pattern: /^unable to create new parent process: namespace path: lstat (.*): no such file or directory$/,
		sentence: (path) => `the namespace ${path} does not exist`,
	},
	{
		pattern: /^error setting rlimits for ready process: error setting rlimit type (\d+): (.*)$/,
		sentence: (type, cause) =>
			`the limit ${limitNames[Number(type)]?.toLowerCase() ?? type} can't be set: ${cause}`,
	},
];

/** @param text - the chain, e.g. gRPC's details of containerd's answer */
export function runtimeFailure(text: string): string {
	const chain = withoutLayers(text.trim().replace(/: unknown$/, ''));
	for (const { pattern, sentence } of knownCauses) {
		const match = pattern.exec(chain);
		if (match !== null) return printable(sentence(...match.slice(1)));
	}
	return printable(causeFirst(chain));
}

/**
 * Finds runc's own last words in the output of a container that it was to run. Returns null when there are none: the
 * container's program has ended by itself.
 */
export function runcFailure(lastLine: string | undefined): string | null {
	const message = /^time="[^"]*" level=error msg="((?:[^"\\]|\\.)*)"$/.exec(lastLine?.trim() ?? '')?.[1];
	if (message === undefined) return null;
	const chain = message.replace(/\\(.)/g, '$1');
	return /^runc (?:run|create|start) failed: /.test(chain) ? runtimeFailure(chain) : null;
}

/**
 * Finds the last words of runc's first process, which becomes the program: the kernel has refused that, so the container ran and
 * ended. Returns null where the words are not about this program.
 *
 * @param program - the first word of the container's command
 */
export function execFailure(lastLine: string | undefined, program: string | undefined): string | null {
	const line = lastLine?.trim() ?? '';
	const [, path = ''] = /^exec "?(.*?)"?: (?:exec format error|no such file or directory)$/.exec(line) ?? [];
	if (path === '' || program === undefined) return null;
	return path === program || path.endsWith(`/${program}`) ? runtimeFailure(line) : null;
}

/** Is a line of runc's own log, such as a warning, and not of the container. */
export function isRuncLine(line: string): boolean {
	return /^time="[^"]*" level=\w+ msg="/.test(line);
}

function withoutLayers(text: string): string {
	let rest = text;
	for (;;) {
		const shorter = rest.replace(layers, '');
		if (shorter === rest) return rest;
		rest = shorter;
	}
}

/** Returns `no such file or directory (open /sys/x)` for `open /sys/x: no such file or directory`. */
function causeFirst(chain: string): string {
	const parts = /^(.+): ([^:"]+)$/.exec(chain);
	const [, where, cause] = parts ?? [];
	return where === undefined || cause === undefined ? chain : `${cause} (${where})`;
}
