// Many small services under a supervisor with the real runc and containerd, and what each of them costs.

import { readFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { processesNaming, type SupervisedGuest, service, startGuest } from './supervised-guest.ts';

export interface ManyServices {
	readonly guest: SupervisedGuest;
	readonly names: readonly string[];
	/** Until the first, and until the last, runs. */
	readonly firstSeconds: number;
	readonly lastSeconds: number;
	/** The anonymous memory of PID 1, containerd and the shims. */
	readonly megabytes: { readonly pid1: number; readonly containerd: number; readonly shims: number };
}

const startLimitMs = 300_000;
/** The smallest service that ends when it is asked to. */
const script = 'trap "exit 0" TERM; sleep 1000000 & wait';

export async function startMany(t: Pick<ExecutionContext, 'teardown'>, count: number): Promise<ManyServices> {
	const guest = await startGuest(t);
	const names = Array.from({ length: count }, (_, index) => `s${String(index).padStart(3, '0')}`);
	for (const name of names) {
		const after = comesAfter(names, name);
		guest.addBundle(`services/${name}`, script, {}, after === null ? undefined : { after: [after] });
	}
	const startedAt = performance.now();
	const first = guest.next((line) => line.event === 'service' && line.state === 'running').then(secondsSince);
	await guest.command('start', startLimitMs);
	// Services with `after` only wait for their turn by then.
	const ran = (name: string): boolean => guest.lines.some(service(name, 'running'));
	await eventually(async () => (names.every(ran) ? true : null));
	const lastSeconds = secondsSince();
	const shims = processesNaming(guest.root, guest.id).filter((pid) => read(pid, 'comm').startsWith('contai'));
	const containerd = guest.containerdPid();
	return {
		guest,
		names,
		firstSeconds: await first,
		lastSeconds,
		megabytes: {
			pid1: ownMegabytes(guest.hostPid),
			containerd: ownMegabytes(containerd),
			shims: shims.filter((pid) => pid !== containerd).reduce((sum, pid) => sum + ownMegabytes(pid), 0),
		},
	};

	function secondsSince(): number {
		return (performance.now() - startedAt) / 1000;
	}
}

/** Every tenth service comes after the one before it. */
export function comesAfter(names: readonly string[], name: string): string | null {
	return name.endsWith('9') ? (names[names.indexOf(name) - 1] ?? null) : null;
}

function ownMegabytes(pid: number): number {
	return (Number(/^RssAnon:\s+(\d+) kB/m.exec(read(pid, 'status'))?.[1] ?? 0) * 1024) / 1e6;
}

/** Empty once the process has ended. */
function read(pid: number, file: string): string {
	try {
		return readFileSync(`/proc/${pid}/${file}`, 'utf8');
	} catch {
		return '';
	}
}
