// `ChildProcesses` without processes: each start is handed to the test, which says how the child ends.

import type { ChildExit, SpawnRequest } from '../../native/native.ts';
import type { Child, ChildProcesses } from '../../supervisor/context/child-processes.ts';

export const exited = (exitCode: number): Omit<ChildExit, 'pid'> => ({ exitCode, signal: null });
export const killed = (signal: string): Omit<ChildExit, 'pid'> => ({ exitCode: null, signal });

export interface FakeChildren {
	readonly children: ChildProcesses;
	/** The arguments of each start, joined; `adopt PID` for adoptions. */
	readonly calls: string[];
}

/** `onStart` may throw (a program that can't be started) or return a promise (a child that runs on). */
export function fakeChildren(
	onStart: (request: SpawnRequest, pid: number) => Omit<ChildExit, 'pid'> | Promise<Omit<ChildExit, 'pid'>>,
	onAdopt: (pid: number) => Promise<Omit<ChildExit, 'pid'>> | null = () => null,
): FakeChildren {
	const calls: string[] = [];
	let lastPid = 100;
	const child = (pid: number, end: Promise<Omit<ChildExit, 'pid'>>): Child => ({
		pid,
		exited: end.then((exit) => ({ pid, ...exit })),
	});
	return {
		calls,
		children: {
			start(request) {
				calls.push(request.args.join(' '));
				lastPid++;
				return child(lastPid, Promise.resolve(onStart(request, lastPid)));
			},
			adopt(pid) {
				calls.push(`adopt ${pid}`);
				const end = onAdopt(pid);
				return end === null ? null : child(pid, end);
			},
		},
	};
}
