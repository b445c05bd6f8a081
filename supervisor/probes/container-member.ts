// Whether a process belongs to a container: it is in its pid namespace, or at or below its cgroups.

import { readFileSync, readlinkSync } from 'node:fs';

export interface Membership {
	/** Null where the container shares PID 1's. */
	readonly pidNamespace: string | null;
	/** Lines of cgroups(7), `ID:CONTROLLERS:/path`, but for the roots, in which everybody is. */
	readonly cgroups: readonly string[];
}

/** Null when there is no such process. */
export function membershipOf(pid: number): Membership | null {
	const namespace = pidNamespace(String(pid));
	const cgroups = cgroupsOf(pid);
	if (namespace === null || cgroups === null) return null;
	return { pidNamespace: namespace === pidNamespace('self') ? null : namespace, cgroups };
}

/** False also for a process that is gone: whose it was can't be said any more. */
export function isMember(pid: number, { pidNamespace: namespace, cgroups }: Membership): boolean {
	if (namespace !== null && pidNamespace(String(pid)) === namespace) return true;
	const own = cgroupsOf(pid);
	if (own === null || cgroups.length === 0) return false;
	return cgroups.every((line) => own.some((other) => other === line || other.startsWith(`${line}/`)));
}

function pidNamespace(pid: string): string | null {
	try {
		return readlinkSync(`/proc/${pid}/ns/pid`);
	} catch {
		return null;
	}
}

function cgroupsOf(pid: number): string[] | null {
	try {
		const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
		return lines.filter((line) => !line.endsWith(':/'));
	} catch {
		return null;
	}
}
