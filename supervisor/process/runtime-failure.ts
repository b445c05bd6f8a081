// Why a container could not be started, as one sentence with the cause first. containerd and runc give a chain in which each
// layer has put its own words before those of the layer below, and the cause stands last. Pure.

import { printable } from '../../native/text/printable.ts';

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
		sentence: (program) => `the program ${program} is not in the container`,
	},
	{
		pattern: /^exec: "(.*)": permission denied$/,
		sentence: (program) => `the program ${program} can't be executed: it is a directory, or lacks the mode x`,
	},
	{
		pattern: /^exec "?(.*?)"?: exec format error$/,
		sentence: (program) => `${program} is no program for this processor, and no script with #!`,
	},
	{
		pattern: /^exec:? "?(.*?)"?: no such file or directory$/,
		sentence: (program) => `the interpreter of ${program} is not in the container`,
	},
	{
		pattern: /^error mounting "(.*)" to rootfs at "(.*)": stat (.*): no such file or directory$/,
		sentence: (source, target, missing) =>
			missing === source
				? `${source} does not exist, which is to be mounted at ${target}`
				: `${missing} does not exist, which the mount of ${source} at ${target} needs`,
	},
	{
		pattern: /^(?:chdir to cwd \("(.*)"\).*|mkdir (.*)): (no such file or directory|.*)$/,
		sentence: (cwd, folder, cause) =>
			folder === undefined ? `the working directory ${cwd}: ${cause}` : `${folder} can't be made: ${cause}`,
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
