// What containerd is started with: the package's own configuration where there is one, else ours.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { containerdFolders, type GuestPaths, guestPaths } from '../contract/layout.ts';

/** LinuxKit's file of further arguments, a line `cliopts = "--log-level debug"`. */
const runtimeConfigFile = 'runtime-config.toml';

/**
 * Without the plugins that services don't need: their start is most of containerd's own (CRI above all). No
 * `oom_score`: PID 1 gives it (containerd-process.ts).
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

/** containerd's whole argv; writes our configuration where the package has none. */
export function containerdArguments(paths: GuestPaths): string[] {
	return [
		'containerd',
		'--config',
		configPath(paths),
		...paths.containerdArguments,
		...packageArguments(dirname(paths.containerdConfig)),
	];
}

/** The text of the package's configuration; empty where it has none. */
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

/** The words of `cliopts` in LinuxKit's `runtime-config.toml`; none where it has no such line. */
export function parseCliOptions(toml: string): string[] {
	const options = /^\s*cliopts\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')/m.exec(toml);
	const words = options?.[1] ?? options?.[2] ?? '';
	return words.split(/\s+/).filter((word) => word !== '');
}
