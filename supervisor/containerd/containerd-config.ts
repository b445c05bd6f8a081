// The configuration and arguments of containerd: the package's configuration when it has one, else a default one.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { containerdFolders, type GuestPaths, guestPaths } from '../contract/layout.ts';

/** LinuxKit's file of more arguments, with a line such as `cliopts = "--log-level debug"`. */
const runtimeConfigFile = 'runtime-config.toml';

/**
 * Disables the plugins that services don't need, because they take most of containerd's start (CRI above all). It has no
 * `oom_score`, because PID 1 sets it (containerd-process.ts).
 */
const fallbackConfig = `version = 2
root = "${containerdFolders.root}"
state = "${containerdFolders.state}"
disabled_plugins = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.restart",
  "io.containerd.internal.v1.tracing",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
]

[grpc]
  address = "${guestPaths.containerdSocket}"
`;

/** Returns containerd's argv. Writes the default configuration when the package has none. */
export function containerdArguments(paths: GuestPaths): string[] {
	return [
		'containerd',
		'--config',
		configPath(paths),
		...paths.containerdArguments,
		...packageArguments(dirname(paths.containerdConfig)),
	];
}

/** Returns the text of the package's configuration; empty when it has none. */
export function packageConfig(paths: GuestPaths): string {
	try {
		return readFileSync(paths.containerdConfig, 'utf8');
	} catch {
		return '';
	}
}

function configPath(paths: GuestPaths): string {
	if (existsSync(paths.containerdConfig)) return paths.containerdConfig;
	makeFolder(dirname(paths.containerdFallbackConfig));
	writeFileSync(paths.containerdFallbackConfig, fallbackConfig);
	return paths.containerdFallbackConfig;
}

function packageArguments(folder: string): string[] {
	try {
		return parseCliOptions(readFileSync(`${folder}/${runtimeConfigFile}`, 'utf8'));
	} catch {
		return [];
	}
}

/**
 * Returns the words of `cliopts` in LinuxKit's `runtime-config.toml`; none without such a line. The pattern crosses no line
 * end: on a file of blank lines it would begin at each of them and run to the last.
 */
export function parseCliOptions(toml: string): string[] {
	const options = /^[ \t]*cliopts[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)')/m.exec(toml);
	const words = options?.[1] ?? options?.[2] ?? '';
	return words.split(/\s+/).filter((word) => word !== '');
}
