import test from 'ava';
import { type GrpcCode, GrpcError } from '../../../../supervisor/containerd/grpc-error.ts';
import { askExec } from '../../../../supervisor/probes/exec-probe.ts';
import { NotAskedError } from '../../../../supervisor/process/process-file.ts';

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

test('askExec() tells how the program ended', async (t) => {
	t.is(await ask(async () => 1), 'exited with status 1');
	t.is(await ask(async () => 137), 'exited with status 137 (SIGKILL)');
});

const said = (reason: string) =>
	`OCI runtime exec failed: exec failed: unable to start container process: ${reason}: unknown`;

test('askExec() tells the last line of a program that failed, and closes its output either way', async (t) => {
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

test("askExec() tells runc's own words, but not all of them", async (t) => {
	t.is(await ask(refuse('UNKNOWN', said('exec: "a": no such file'))), 'exec: "a": no such file');
	t.is((await ask(refuse('UNKNOWN', said('x'.repeat(999)))))?.length, 300);
});

for (const [code, details] of [
	['UNAVAILABLE', 'the connection to containerd was lost'],
	['DEADLINE_EXCEEDED', 'containerd gave no answer in 10 ms'],
	['NOT_FOUND', 'task app: not found'],
	['UNKNOWN', 'ttrpc: closed: unknown'],
	['UNKNOWN', 'OCI runtime exec failed: cannot exec in a stopped container: unknown'],
] as const) {
	test(`askExec() holds nothing against the service: ${code} ${details}`, async (t) => {
		await t.throwsAsync(ask(refuse(code, details)), { instanceOf: NotAskedError });
	});
}
