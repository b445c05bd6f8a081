// `service exec`: runs a program in the container of a service, as a child of `service`, from its start to its end. PID 1 only
// names the process of the service.

import { constants as osConstants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';
import { hasCode } from '../../../native/linux/has-code.ts';
import { readProcessStat } from '../../../native/linux/proc-stat.ts';
import type { Native } from '../../../native/native.ts';
import { SyscallError } from '../../../native/syscall-error.ts';
import type { ServiceProcess } from '../../contract/protocol.ts';
import { ExecError } from '../command.ts';
import { attend } from './attend.ts';
import { asContainerProcess } from './container-process.ts';
import { openContainerTerminal } from './container-terminal.ts';
import { hostUid } from './container-user.ts';
import { type OpenContainer, openContainer, readInContainer } from './enter-container.ts';
import type { ExecRequest } from './exec-arguments.ts';
import { type ExecPlan, planExec } from './exec-plan.ts';
import type { ExecStreams } from './exec-streams.ts';
import { openPipeStreams } from './pipe-streams.ts';
import { openTerminalStreams } from './terminal-streams.ts';

const notExecutableCode = 126;
const notFoundCode = 127;

/** Returns the program's exit code, or 128 plus the number of the signal that ended it. Throws `ExecError` or an `Error`. */
export async function runInContainer(
	native: Native,
	request: ExecRequest,
	service: ServiceProcess,
	terminal: boolean,
): Promise<number> {
	const container = openContainer(service);
	try {
		const read = (path: string) => readInContainer(native, container.rootFd, path);
		const plan = planExec(
			request,
			asContainerProcess(service.process),
			{ passwd: read('etc/passwd'), group: read('etc/group') },
			{ env: process.env, terminal },
			native.constants,
		);
		const uid = hostUid(plan.uid, service.uidMappings);
		const streams = terminal
			? openTerminalStreams(native, openContainerTerminal(native, container.rootFd, uid))
			: openPipeStreams(native, uid);
		const seccomp = service.seccomp ? readSeccompFilter(native, service) : null;
		const begin = (): number => start(native, plan, seccomp, container, streams, terminal, request.name);
		return await attend(native, begin, streams, terminal, null);
	} finally {
		container.close();
	}
}

/** The program gets the filter that the container's own program has from its runtime. */
function readSeccompFilter(native: Native, { pid, startTicks }: ServiceProcess): Uint8Array {
	const filter = traced(native, pid);
	// The number alone may be another process's by now.
	if (filter === null || readProcessStat(pid)?.startTicks !== startTicks)
		throw new Error(`Its process ${pid} has just ended.`);
	return filter;
}

function traced(native: Native, pid: number): Uint8Array | null {
	try {
		return native.seccompFilter(pid);
	} catch (cause) {
		if (!hasCode(cause, 'EPERM')) throw cause;
		throw new Error('Reading its seccomp filter takes root with all capabilities and no filter of its own.', {
			cause,
		});
	}
}

function start(
	native: Native,
	plan: ExecPlan,
	seccomp: Uint8Array | null,
	{ namespaces, cgroupFd }: OpenContainer,
	{ stdio }: ExecStreams,
	terminal: boolean,
	service: string,
): number {
	const [path, ...otherPaths] = plan.paths;
	try {
		return native.spawn({
			path,
			otherPaths,
			args: plan.args,
			env: plan.env,
			cwd: plan.cwd,
			stdio,
			uid: plan.uid,
			gid: plan.gid,
			groups: plan.groups,
			capabilities: plan.capabilities,
			noNewPrivileges: plan.noNewPrivileges,
			limits: plan.limits,
			enter: namespaces,
			...(cgroupFd === null ? {} : { cgroupFd }),
			...(seccomp === null ? {} : { seccomp }),
			...(plan.apparmorProfile === null ? {} : { apparmor: plan.apparmorProfile }),
			...(plan.oomScoreAdj === null ? {} : { oomScoreAdj: plan.oomScoreAdj }),
			newSession: true,
			controllingTerminal: terminal,
			// The program must not survive `service`.
			parentDeathSignal: osConstants.signals.SIGKILL,
		});
	} catch (error) {
		throw error instanceof SyscallError ? withToolbox(notStarted(error, plan), service, plan) : error;
	}
}

/** A container has its service's files only. Another image brings tools, also a shell, to its network and processes. */
function withToolbox(error: Error, service: string, { args }: Pick<ExecPlan, 'args'>): Error {
	if (!(error instanceof ExecError) || error.exitCode !== notFoundCode) return error;
	const words = `slipway run-in --net ${service} --pid ${service} IMAGE -- ${args[0] ?? ''}`;
	const hint = `For a program of another image: "${words}"; in the guest "service run" with the same words.`;
	return new ExecError(error.exitCode, `${error.message} ${hint}`, { cause: error });
}

/** Returns an error in the words of a shell, with its exit code. */
export function notStarted(error: SyscallError, { args, cwd }: Pick<ExecPlan, 'args' | 'cwd'>): Error {
	const program = args[0] ?? '';
	const why = getSystemErrorMessage(-error.errno);
	if (error.syscall === 'chdir') {
		return new ExecError(notExecutableCode, `Its working directory ${cwd}: ${why}.`, { cause: error });
	}
	if (error.syscall === 'getcwd') {
		const why = 'it leads out of the container';
		return new ExecError(notExecutableCode, `Its working directory ${cwd}: ${why}. Name another with -w.`, {
			cause: error,
		});
	}
	if (error.syscall !== 'execve') return error;
	if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')
		return new ExecError(notExecutableCode, `${program} can't be executed: ${why}.`, { cause: error });
	const where = program.includes('/') ? 'in the container' : "in the container's PATH";
	return new ExecError(notFoundCode, `${program} is not ${where}.`, { cause: error });
}
