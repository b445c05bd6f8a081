import test from 'ava';
import { asContainerProcess } from '../../../../../supervisor/cli/exec/container-process.ts';
import { hostUid } from '../../../../../supervisor/cli/exec/container-user.ts';
import type { ExecRequest } from '../../../../../supervisor/cli/exec/exec-arguments.ts';
import { planExec } from '../../../../../supervisor/cli/exec/exec-plan.ts';
import { ShapeError } from '../../../../../supervisor/contract/json-shape.ts';

const constants = { CAP_CHOWN: 0, CAP_KILL: 5, CAP_BPF: 39, RLIMIT_NOFILE: 7 };
const container = asContainerProcess({
	user: { uid: 1000, gid: 1001, additionalGids: [5] },
	env: ['PATH=/a:/b:', 'TERM=own'],
	cwd: '/srv',
	capabilities: { bounding: ['CAP_CHOWN', 'CAP_BPF'], permitted: ['CAP_CHOWN'], ambient: ['CAP_CHOWN'] },
	rlimits: [
		{ type: 'RLIMIT_NOFILE', soft: 10, hard: 2 ** 64 },
		{ type: 'RLIMIT_OF_TOMORROW', soft: 1, hard: 1 },
	],
	noNewPrivileges: true,
	oomScoreAdj: 300,
	apparmorProfile: 'slipway-default',
});
const request: ExecRequest = {
	name: 'app',
	command: ['tool', '-x'],
	terminal: null,
	user: null,
	env: [],
	workdir: null,
};
const caller = { env: { TERM: 'vt220', MINE: '1' }, terminal: false };
const plan = (change: Partial<ExecRequest> = {}, terminal = false) =>
	planExec(
		{ ...request, ...change },
		container,
		{ passwd: '', group: '' },
		{ ...caller, terminal },
		constants,
	);
const none = { permitted: 0, effective: 0, inheritable: 0, ambient: 0 };
const both = 2 ** 39 + 1;

test("planExec() copies the container's process", (t) => {
	t.deepEqual(plan(), {
		args: ['tool', '-x'],
		paths: ['/a/tool', '/b/tool', './tool'],
		cwd: '/srv',
		env: ['PATH=/a:/b:', 'TERM=own', 'HOME=/'],
		uid: 1000,
		gid: 1001,
		groups: [5],
		noNewPrivileges: true,
		oomScoreAdj: 300,
		apparmorProfile: 'slipway-default',
		capabilities: { ...none, bounding: both, permitted: 1, ambient: 1 },
		limits: [{ resource: 7, soft: 10, hard: Number.POSITIVE_INFINITY }],
	});
});

test('planExec() gives another user only the bounding set, and root its capabilities', (t) => {
	t.deepEqual(plan({ user: '7' }).capabilities, { ...none, bounding: both });
	t.deepEqual(plan({ user: '0' }).capabilities, {
		...none,
		bounding: both,
		permitted: both,
		effective: both,
	});
	t.deepEqual(plan({ user: '1000' }).capabilities, plan().capabilities);
});

test('planExec() keeps a path, and adds the variables of the command line', (t) => {
	t.deepEqual(plan({ command: ['./tool'] }).paths, ['./tool']);
	t.deepEqual(plan({ env: ['PATH=/c'] }).paths, ['/c/tool']);
	t.deepEqual(plan({ env: ['MINE', 'NOT', 'A=b=c', 'TERM=x'], workdir: '/w' }), {
		...plan({ workdir: '/w' }),
		env: ['PATH=/a:/b:', 'TERM=x', 'HOME=/', 'MINE=1', 'A=b=c'],
	});
});

test('planExec() sets TERM when the container does not', (t) => {
	t.true(plan({}, true).env.includes('TERM=own'));
	const bare = planExec(
		request,
		asContainerProcess({}),
		{ passwd: '', group: '' },
		{ ...caller, terminal: true },
		constants,
	);
	t.deepEqual(bare.env, ['TERM=vt220', 'HOME=/']);
	t.is(bare.paths.at(-1), '/bin/tool');
});

test('asContainerProcess() refuses another shape', (t) => {
	t.throws(() => asContainerProcess({ user: { uid: '0' } }), {
		instanceOf: ShapeError,
		message: /process\.user\.uid must be a number/,
	});
	t.throws(() => asContainerProcess([]), { instanceOf: ShapeError });
});

test('hostUid() applies the mappings', (t) => {
	const mappings = [
		{ containerID: 0, hostID: 1000, size: 1 },
		{ containerID: 10, hostID: 5000, size: 5 },
	];
	t.is(hostUid(7, []), 7);
	t.is(hostUid(0, mappings), 1000);
	t.is(hostUid(12, mappings), 5002);
	t.is(hostUid(15, mappings), 0);
});
