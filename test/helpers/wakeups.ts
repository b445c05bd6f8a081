// How often processes of an idle guest wake up, all their threads together. A thread that wakes up goes back to sleep
// by itself, which the kernel counts as a voluntary context switch (proc_pid_status(5)).

import type { Guest } from './guest.ts';

export interface Wakeups {
	readonly pid: number;
	/** Counts those of the whole process. */
	readonly perSecond: number;
	/** The threads that woke up, the busiest first. */
	readonly threads: readonly { readonly name: string; readonly perSecond: number }[];
}

/**
 * Measured in the guest, by its own clock. The shell that asks is on the console and wakes neither PID 1 nor
 * containerd. A thread that has come or gone meanwhile is not counted.
 *
 * @param pids - e.g. `1 $(pidof containerd)`, as the guest's shell reads it
 */
export async function measureWakeups(guest: Guest, pids: string, seconds = 20): Promise<readonly Wakeups[]> {
	const look = [
		'echo at $(cut -d" " -f1 /proc/uptime)',
		`for p in ${pids}; do for t in /proc/$p/task/*; do`,
		'echo $p ${t##*/} $(grep ^voluntary $t/status | cut -f2) $(cat $t/comm); done; done',
	].join('; ');
	// The loops' own `do` takes no semicolon.
	const asked = look.replaceAll('do;', 'do');
	const { output } = await guest.shell(`${asked}; sleep ${seconds}; ${asked}`);
	return readWakeups(output);
}

/** Reads two looks: `at SECONDS`, then a line `PID THREAD SWITCHES NAME` for each thread. */
export function readWakeups(output: string): readonly Wakeups[] {
	const [before, after] = output.split(/^at /m).slice(1).map(readLook);
	if (before === undefined || after === undefined) throw new Error(`not two looks:\n${output}`);
	const seconds = after.atSeconds - before.atSeconds;
	const wakeups = new Map<number, { name: string; perSecond: number }[]>();
	for (const [key, thread] of after.threads) {
		const earlier = before.threads.get(key);
		const threads = wakeups.get(thread.pid) ?? [];
		wakeups.set(thread.pid, threads);
		const count = earlier === undefined ? 0 : thread.switches - earlier.switches;
		if (count > 0) threads.push({ name: thread.name, perSecond: count / seconds });
	}
	return [...wakeups].map(([pid, threads]) => ({
		pid,
		perSecond: threads.reduce((sum, thread) => sum + thread.perSecond, 0),
		threads: threads.sort((one, other) => other.perSecond - one.perSecond),
	}));
}

interface Thread {
	readonly pid: number;
	readonly switches: number;
	readonly name: string;
}

function readLook(text: string): {
	readonly atSeconds: number;
	readonly threads: ReadonlyMap<string, Thread>;
} {
	const [first = '', ...lines] = text.trim().split('\n');
	const threads = new Map<string, Thread>();
	for (const line of lines) {
		const [pid = '', thread = '', switches = '', ...name] = line.split(' ');
		threads.set(`${pid} ${thread}`, { pid: Number(pid), switches: Number(switches), name: name.join(' ') });
	}
	return { atSeconds: Number(first), threads };
}
