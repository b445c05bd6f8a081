// How a container gets to its notify socket: a mount and variables more in its runtime-spec. Pure.
//
// The folder is mounted, not the socket: PID 1 makes the socket anew after a crash, and a mount of the old one
// would lead nowhere.

import { asRecord, asString, type JsonRecord, listOf } from '../contract/json-shape.ts';
import type { Mount } from '../contract/runtime-config.ts';

const SOCKET_NAME = 'socket';

export function notifySocketPath(folder: string): string {
	return `${folder}/${SOCKET_NAME}`;
}

/**
 * A runtime-spec with both. `folder` is the service's own on the host; `watchdogMs` is the interval of a `health`
 * probe that is `notify`, else null. Throws `ShapeError`.
 */
export function withNotifySocket(spec: JsonRecord, folder: string, watchdogMs: number | null): JsonRecord {
	const mounts = listOf(spec['mounts'], 'mounts', asRecord);
	const mount = notifyMount(mounts, folder);
	const process = asRecord(spec['process'], 'process');
	const env = listOf(process['env'], 'process.env', asString);
	return {
		...spec,
		mounts: [...mounts, mount],
		process: { ...process, env: [...env, ...notifyEnvironment(mount, watchdogMs)] },
	};
}

/**
 * `mounts` are those of the runtime-spec, to the end of which this one belongs.
 *
 * It goes into the container's own /dev, which is a tmpfs also where its root is read-only. Where /dev or /run are
 * the host's, a mount there could come through to the host, so it goes into the root.
 */
export function notifyMount(mounts: readonly JsonRecord[], folder: string): Mount {
	const dev = mounts.findLast((mount) => mount['destination'] === '/dev');
	return {
		destination: dev?.['type'] === 'tmpfs' ? '/dev/slipway-notify' : '/.slipway-notify',
		type: 'bind',
		source: folder,
		options: ['bind', 'ro', 'nosuid', 'nodev', 'noexec'],
	};
}

/** For sd_notify(3) and sd_watchdog_enabled(3). */
export function notifyEnvironment(mount: Mount, watchdogMs: number | null): string[] {
	const socket = `NOTIFY_SOCKET=${notifySocketPath(mount.destination)}`;
	return watchdogMs === null ? [socket] : [socket, `WATCHDOG_USEC=${watchdogMs * 1000}`];
}
