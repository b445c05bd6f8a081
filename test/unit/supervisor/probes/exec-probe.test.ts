import { existsSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type GrpcCode, GrpcError } from '../../../../supervisor/containerd/grpc-error.ts';
import { askExec, openProbeOutput } from '../../../../supervisor/probes/exec-probe.ts';
import { NotAskedError } from '../../../../supervisor/process/process-file.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const native = await openAddon();
const { signal } = new AbortController();
const ask = (run: () => Promise<number>) =>
	askExec({ run }, 'slipway-ready', {}, ['a'], () => null)(signal, () => {});
const refuse = (code: GrpcCode, details: string) => () =>
	Promise.reject(new GrpcError(code, '/x.Tasks/Start', details));

test('askExec() runs the program with everything else of the container', async (t) => {
	const calls: unknown[] = [];
	const container = {
		run: async (...call: unknown[]) => {
			calls.push(...call.slice(0, 2));
			return 0;
		},
	};
	const process = { args: ['app'], env: ['A=1'], terminal: true, user: { uid: 5 } };
	t.is(
		await askExec(container, 'slipway-health', process, ['check', '-x'], () => null)(signal, () => {}),
		null,
	);
	const asked = { args: ['check', '-x'], env: ['A=1'], terminal: false, user: { uid: 5 } };
	t.deepEqual(calls, ['slipway-health', asked]);
});

test('askExec() reports how the program ended', async (t) => {
	t.is(await ask(async () => 1), 'exited with status 1');
	t.is(await ask(async () => 137), 'exited with status 137 (SIGKILL)');
});

const refusal = (reason: string) =>
	`OCI runtime exec failed: exec failed: unable to start container process: ${reason}: unknown`;

test('askExec() reports the last line of a program that failed, and always closes its output', async (t) => {
	let closed = 0;
	const output = { path: '/fifo', lastLine: () => 'no such table', close: () => closed++ };
	const paths: unknown[] = [];
	const answer = (status: number) => {
		const run = async (...call: unknown[]) => {
			paths.push(call.at(-1));
			return status;
		};
		return askExec({ run }, 'slipway-ready', {}, ['a'], () => output)(signal, () => {});
	};
	t.is(await answer(3), 'exited with status 3: no such table');
	t.is(await answer(0), null);
	t.deepEqual(paths, ['/fifo', '/fifo']);
	t.is(closed, 2);
});

test("askExec() reports runc's own reason, at most 300 characters of it", async (t) => {
	t.is(await ask(refuse('UNKNOWN', refusal('exec: "a": no such file'))), 'exec: "a": no such file');
	t.is((await ask(refuse('UNKNOWN', refusal('x'.repeat(999)))))?.length, 300);
});

for (const [code, details] of [
	['UNAVAILABLE', 'the connection to containerd was lost'],
	['DEADLINE_EXCEEDED', 'containerd gave no answer in 10 ms'],
	['NOT_FOUND', 'task app: not found'],
	['UNKNOWN', 'ttrpc: closed: unknown'],
	['UNKNOWN', 'OCI runtime exec failed: cannot exec in a stopped container: unknown'],
] as const) {
	test(`askExec() does not count against the service: ${code} ${details}`, async (t) => {
		await t.throwsAsync(ask(refuse(code, details)), { instanceOf: NotAskedError });
	});
}

const keeps = test.macro({
	async exec(t, printed: string, expected: string) {
		const path = join(scratchFolder(t), 'probe/app.ready');
		const output = openProbeOutput(native, path);
		t.is(output?.path, path);
		const program = await open(path, 'w');
		await program.writeFile(printed);
		await program.close();
		t.is(output?.lastLine(), expected);
		output?.close();
		t.false(existsSync(path));
	},
	title: (name = '') => `openProbeOutput() keeps the last line ${name}`,
});
test('of two', keeps, 'first\nsecond\n', 'second');
test('that is not blank', keeps, 'words\n\n  \n', 'words');
test('without its end', keeps, 'first\nhalf', 'half');
test('of nothing', keeps, '', '');
test('without control characters', keeps, 'a\x1b[2Jb\tc\n', 'a [2Jb c');
test('at most 200 characters of it', keeps, `${'x'.repeat(999)}\n`, `${'x'.repeat(199)}…`);
// The program never waits, and the probe never keeps everything.
test('of megabytes', keeps, `${'line\n'.repeat(1_000_000)}end\n`, 'end');

test('openProbeOutput() begins empty, whatever an earlier run has left', async (t) => {
	const path = join(scratchFolder(t), 'app.ready');
	writeFileSync(path, 'no FIFO at all');
	const first = openProbeOutput(native, path);
	const program = await open(path, 'w');
	writeSync(program.fd, 'old');
	const second = openProbeOutput(native, path);
	t.is(second?.lastLine(), '');
	await program.close();
	first?.close();
	second?.close();
	t.is(openProbeOutput(native, '/proc/nowhere/fifo'), null);
});
