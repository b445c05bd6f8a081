// Runs one bundle by runc and by the built-in engine, and returns what a script in the container says.

import { spawnSync } from 'node:child_process';
import {
	closeSync,
	copyFileSync,
	linkSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Native } from '../../../../native/native.ts';
import { asRuntimeConfig } from '../../../../supervisor/bundle/bundle.ts';
import { hostProcessor } from '../../../../supervisor/contract/processors.ts';
import type { RuntimeConfig } from '../../../../supervisor/contract/runtime-config.ts';
import type { RuntimeSpec } from '../../../../supervisor/contract/runtime-spec.ts';
import { asContainerSpec } from '../../../../supervisor/engine/container-spec.ts';
import { seccompFilter } from '../../../../supervisor/engine/seccomp-filter.ts';
import {
	killContainer,
	removeContainer,
	startContainer,
} from '../../../../supervisor/engine/start-container.ts';
import { readStartPlan, type StartPlan, startPlan } from '../../../../supervisor/engine/start-plan.ts';
import { cgroupRoot } from '../../../helpers/cgroup-root.ts';
import { findProgram } from '../../../helpers/program.ts';

/** `planned` is the built-in engine with the file that the host makes for it. */
export type RuntimeName = 'runc' | 'builtin' | 'planned';

export interface Answer {
	/** Null: the container was not started. */
	readonly status: number | null;
	readonly output: string;
	readonly error: string;
}

export interface Bench {
	readonly folder: string;
	/** The root file system, before the container has it. */
	readonly rootfs: string;
	/** A bundle of its own for each runtime: the same spec, in a fresh root with busybox. */
	run(runtime: RuntimeName, spec: object, prepare?: (rootfs: string) => void): Promise<Answer>;
}

const noRuntime: RuntimeConfig = asRuntimeConfig({}, 'runtime.json');
let count = 0;

export function twoRuntimes(t: Pick<ExecutionContext, 'teardown'>, native: Native): Bench {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-engine-'));
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	copyFileSync(findProgram('busybox') ?? '', join(folder, 'busybox'));
	return {
		folder,
		rootfs: join(folder, 'bundle/rootfs'),
		async run(runtime, spec, prepare) {
			const bundle = join(folder, 'bundle');
			rmSync(bundle, { recursive: true, force: true });
			makeRoot(join(bundle, 'rootfs'), join(folder, 'busybox'));
			prepare?.(join(bundle, 'rootfs'));
			writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
			const id = `slipway-engine-${process.pid}-${count++}`;
			const files = { out: join(folder, 'out'), err: join(folder, 'err') };
			const fds = [openSync('/dev/null', 'r'), openSync(files.out, 'w+'), openSync(files.err, 'w+')] as const;
			try {
				const status =
					runtime === 'runc'
						? runByRunc(bundle, id, fds)
						: await runByEngine(native, bundle, id, fds, runtime === 'planned');
				return { status, output: readFileSync(files.out, 'utf8'), error: readFileSync(files.err, 'utf8') };
			} finally {
				for (const fd of fds) closeSync(fd);
			}
		},
	};
}

type Stdio = readonly [number, number, number];

function runByRunc(bundle: string, id: string, stdio: Stdio): number | null {
	const { status } = spawnSync('runc', ['run', '--bundle', bundle, id], {
		stdio: [...stdio],
		timeout: 30_000,
	});
	// runc's own failure has its words on stderr.
	const words = readFileSync(join(bundle, '../err'), 'utf8');
	return /^time="[^"]*" level=error msg=/m.test(words) ? null : status;
}

async function runByEngine(
	native: Native,
	folder: string,
	id: string,
	stdio: Stdio,
	isPlanned: boolean,
): Promise<number | null> {
	const children = {
		start: (request: Parameters<Native['spawn']>[0]) => ({
			pid: native.spawn(request),
			exited: new Promise<never>(() => {}),
		}),
		adopt: () => null,
	};
	const path = join(folder, 'config.json');
	let spec: RuntimeSpec = {
		ociVersion: '',
		process: { user: { uid: 0, gid: 0 }, args: [], cwd: '/' },
		root: { path: '' },
	};
	const start = () => ({ id, folder, spec, runtime: noRuntime, cgroupRoot, stdio });
	try {
		spec = asContainerSpec(JSON.parse(readFileSync(path, 'utf8')), path);
		const plan = isPlanned ? planOf(spec, folder, native) : null;
		if (plan !== null) spec = asContainerSpec(plan.config, path);
		const { pid } = startContainer({ native, children }, { ...start(), plan });
		for (;;) {
			const exit = native.waitpid(pid, native.constants['WNOHANG'] ?? 0);
			if (exit !== null) return exit.exitCode ?? 128;
			await pause(5);
		}
	} catch (error) {
		writeFileSync(stdio[2], `${error instanceof Error ? error.message : String(error)}\n`);
		return null;
	} finally {
		killContainer(start());
		for (let tries = 0; tries < 200 && !removeContainer(start()); tries++) await pause(5);
	}
}

/** Writes what the host would, and reads it as PID 1 does. */
function planOf(spec: RuntimeSpec, folder: string, native: Native): StartPlan {
	const text = readFileSync(join(folder, 'config.json'), 'utf8');
	const { seccomp } = spec.linux ?? {};
	const filter = seccomp === undefined ? null : seccompFilter(seccomp, hostProcessor.seccomp[0] ?? '');
	writeFileSync(join(folder, 'start.plan'), startPlan(spec, text, folder, native.constants, filter));
	const plan = readStartPlan(folder);
	if (plan === null) throw new Error('the plan is not that of its bundle');
	return plan;
}

function makeRoot(rootfs: string, busybox: string): void {
	for (const name of ['bin', 'etc', 'proc', 'dev', 'sys', 'srv', 'tmp', 'var']) {
		mkdirSync(join(rootfs, name), { recursive: true });
	}
	linkSync(busybox, join(rootfs, 'bin/busybox'));
	for (const applet of [
		'sh',
		'cat',
		'sort',
		'env',
		'ls',
		'id',
		'hostname',
		'stat',
		'sleep',
		'grep',
		'sed',
		'readlink',
		'unshare',
		'mkdir',
		'mknod',
		'head',
		'dd',
	]) {
		symlinkSync('busybox', join(rootfs, 'bin', applet));
	}
	writeFileSync(
		join(rootfs, 'etc/passwd'),
		'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n',
	);
}
