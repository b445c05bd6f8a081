// systemd's protocol by which a service reports its state (sd_notify(3)): how a container gets the socket, and what its
// datagrams of `NAME=value` lines mean. Pure.

import { printable } from '../../native/text/printable.ts';
import { asRecord, asString, type JsonRecord, listOf } from '../contract/json-shape.ts';
import type { Mount } from '../contract/runtime-config.ts';

export interface NotifyMessage {
	readonly ready?: true;
	readonly reloading?: true;
	readonly stopping?: true;
	/** One line for people, filtered by `printable`. */
	readonly status?: string;
	readonly watchdog?: 'alive' | 'trigger';
	/** A new interval for the watchdog. */
	readonly watchdogMs?: number;
	/** Extends the timeout to this time from now. */
	readonly extendTimeoutMs?: number;
	readonly errno?: number;
}

/** systemd's limit; a longer datagram is ignored. */
export const maxNotifyBytes = 4096;

const socketName = 'socket';
const maxStatusLength = 256;
/** A day. A longer time means no limit, and would exceed the range of Node's timers. */
const maxTimeMs = 24 * 3600 * 1000;

/** Any program in the container may send anything: lines that are not understood are ignored. */
export function parseNotifyMessage(bytes: Uint8Array): NotifyMessage {
	let message: NotifyMessage = {};
	for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
		const equals = line.indexOf('=');
		message = { ...message, ...asField(line.slice(0, equals), line.slice(equals + 1)) };
	}
	return message;
}

function asField(name: string, value: string): NotifyMessage {
	switch (name) {
		case 'READY':
			return value === '1' ? { ready: true } : {};
		case 'RELOADING':
			return value === '1' ? { reloading: true } : {};
		case 'STOPPING':
			return value === '1' ? { stopping: true } : {};
		case 'STATUS':
			return { status: printable(value).trim().slice(0, maxStatusLength) };
		case 'WATCHDOG':
			if (value === '1') return { watchdog: 'alive' };
			return value === 'trigger' ? { watchdog: 'trigger' } : {};
		case 'WATCHDOG_USEC':
			return withMs(value, (watchdogMs) => ({ watchdogMs }));
		case 'EXTEND_TIMEOUT_USEC':
			return withMs(value, (extendTimeoutMs) => ({ extendTimeoutMs }));
		case 'ERRNO':
			return /^\d{1,4}$/.test(value) ? { errno: Number(value) } : {};
		default:
			return {};
	}
}

function withMs(microseconds: string, field: (ms: number) => NotifyMessage): NotifyMessage {
	if (!/^\d+$/.test(microseconds)) return {};
	const ms = Math.ceil(Number(microseconds) / 1000);
	return ms === 0 ? {} : field(Math.min(ms, maxTimeMs));
}

export function notifySocketPath(folder: string): string {
	return `${folder}/${socketName}`;
}

/**
 * Returns the runtime-spec with a mount of `folder` and the variables that name the socket. The folder is mounted and not the
 * socket, because PID 1 may replace the socket after a crash. Throws `ShapeError`.
 *
 * @param folder - the service's own folder on the host
 * @param watchdogMs - the interval of a `health` probe that is `notify`, else null
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
 * Returns the mount that belongs at the end of `mounts`, those of the runtime-spec.
 *
 * Its destination is in the container's own /dev, which is a tmpfs even when the root is read-only. When /dev or /run is the
 * host's, a mount in it could propagate to the host, so the destination is in the root.
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

/** Returns the variables that sd_notify(3) and sd_watchdog_enabled(3) read. */
export function notifyEnvironment(mount: Mount, watchdogMs: number | null): string[] {
	const socket = `NOTIFY_SOCKET=${notifySocketPath(mount.destination)}`;
	return watchdogMs === null ? [socket] : [socket, `WATCHDOG_USEC=${watchdogMs * 1000}`];
}
