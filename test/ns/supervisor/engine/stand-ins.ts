// Stands in for a booted system, so that a golden bundle runs on the tests' machine: directories for sources that it lacks or that
// are busy, a process in the namespaces that are to be joined; and no more capabilities and limits than the tests have to give.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { capabilityNames } from '../../../../supervisor/contract/capabilities.ts';
import type { Namespace, Process, RuntimeSpec } from '../../../../supervisor/contract/runtime-spec.ts';
import { rawNumber } from '../../../../tools/config/big-numbers.ts';
import { eventually } from '../../../helpers/eventually.ts';

const namespaceFiles: Readonly<Record<string, string>> = { network: 'net', mount: 'mnt' };

/** Starts a process in namespaces of its own, which ends with the test, and returns its pid. */
export async function otherNamespaces(t: ExecutionContext): Promise<number> {
	const kinds = ['--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child'];
	const parent = spawn('unshare', [...kinds, 'sleep', 'infinity'], { stdio: 'ignore' });
	t.teardown(() => parent.kill('SIGKILL'));
	const children = `/proc/${parent.pid}/task/${parent.pid}/children`;
	const pid = await eventually(() => Number(readFileSync(children, 'utf8').trim()) || null, { pauseMs: 10 });
	await eventually(() => readlinkSync(`/proc/${pid}/exe`).endsWith('/sleep'), { pauseMs: 10 });
	return pid;
}

/**
 * @param folder - where missing sources are made
 * @param joinedPid - a process in other namespaces
 */
export function fitted(spec: RuntimeSpec, folder: string, joinedPid: number): RuntimeSpec {
	return {
		...spec,
		process: fittedProcess(spec.process),
		mounts: (spec.mounts ?? []).map((mount) =>
			mount.source?.startsWith('/') ? { ...mount, source: sourceFor(mount.source, folder) } : mount,
		),
		linux: {
			...spec.linux,
			namespaces: (spec.linux?.namespaces ?? []).map((each): Namespace => {
				const { type, path } = each;
				if (path === undefined || existsSync(path)) return each;
				return { type, path: `/proc/${joinedPid}/ns/${namespaceFiles[type] ?? type}` };
			}),
		},
	};
}

/** Other tests and programs mount there between the runs of two runtimes, and a recursive bind has what is mounted. */
const busyFolders: readonly string[] = ['/run', '/tmp', '/var/run', '/var/tmp'];

function sourceFor(source: string, folder: string): string {
	if (existsSync(source) && !busyFolders.includes(source)) return source;
	const made = join(folder, 'machine', source);
	mkdirSync(made, { recursive: true });
	return made;
}

function fittedProcess({ capabilities = {}, rlimits = [], oomScoreAdj, ...process }: Process): Process {
	const sets = Object.entries(capabilities).map(([set, names]) => [set, names.filter(isOwn)]);
	return {
		...process,
		capabilities: Object.fromEntries(sets),
		rlimits: rlimits.map(({ type, soft, hard }) => {
			const most = hardLimit(type);
			return { type, soft: bounded(soft, most), hard: bounded(hard, most) };
		}),
		// A lower one than its own takes CAP_SYS_RESOURCE.
		...(oomScoreAdj === undefined ? {} : { oomScoreAdj: Math.abs(oomScoreAdj) }),
	};
}

function isOwn(name: string): boolean {
	const set = BigInt(`0x${/^CapBnd:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`);
	return ((set >> BigInt(capabilityNames.indexOf(name))) & 1n) === 1n;
}

const limitWords: Readonly<Record<string, string>> = {
	RLIMIT_NOFILE: 'Max open files',
	RLIMIT_NPROC: 'Max processes',
	RLIMIT_CORE: 'Max core file size',
	RLIMIT_MEMLOCK: 'Max locked memory',
};

function hardLimit(type: string): number {
	const line = readFileSync('/proc/self/limits', 'utf8')
		.split('\n')
		.find((each) => each.startsWith(`${limitWords[type]} `));
	const hard = line?.slice(line.indexOf('  ')).trim().split(/\s+/)[1];
	return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

/** RLIM_INFINITY is a number that only raw JSON holds (golden files have it). */
function bounded(limit: number, most: number): number {
	if (most !== Number.POSITIVE_INFINITY) return Math.min(limit, most);
	return limit > Number.MAX_SAFE_INTEGER ? rawNumber(2n ** 64n - 1n) : limit;
}
