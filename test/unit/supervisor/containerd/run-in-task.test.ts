import test from 'ava';
import { type GrpcCode, GrpcError } from '../../../../supervisor/containerd/grpc-error.ts';
import { runInTask } from '../../../../supervisor/containerd/run-in-task.ts';

type Calls = Parameters<typeof runInTask>[0];

const refused = (code: GrpcCode) => new GrpcError(code, '/x.Tasks/Call', 'no');

/** Records the calls; each given method replaces one that works. */
function fakeCalls(given: Partial<Calls> = {}): { readonly calls: Calls; readonly made: string[] } {
	const made: string[] = [];
	const remembered =
		<Arguments extends readonly unknown[], Answer>(
			name: string,
			call: (...args: Arguments) => Promise<Answer>,
		) =>
		(...args: Arguments) => {
			made.push([name, ...args].join(' '));
			return call(...args);
		};
	const calls: Calls = {
		addProcess: remembered('add', given.addProcess ?? (async () => {})),
		startProcess: remembered('start', given.startProcess ?? (async () => 7)),
		killProcess: remembered('kill', given.killProcess ?? (async () => {})),
		waitProcess: remembered('wait', given.waitProcess ?? (async () => 0)),
		deleteProcess: remembered('delete', given.deleteProcess ?? (async () => {})),
	};
	return { calls, made };
}

function run(calls: Calls, signal = new AbortController().signal, onStarted = () => {}): Promise<number> {
	return runInTask(calls, 'app', 'x', { args: ['a'] }, signal, onStarted);
}

const freedCalls = ['add app x {"args":["a"]}', 'start app x', 'wait app x', 'delete app x'];

test('runInTask() adds, starts, waits and deletes', async (t) => {
	const { calls, made } = fakeCalls({ waitProcess: async () => 3 });
	let started = 0;
	t.is(await run(calls, undefined, () => started++), 3);
	t.deepEqual(made, freedCalls);
	t.is(started, 1);
});

test('runInTask() frees the name when the program does not start', async (t) => {
	const { calls, made } = fakeCalls({ startProcess: () => Promise.reject(refused('UNKNOWN')) });
	let started = 0;
	await t.throwsAsync(
		run(calls, undefined, () => started++),
		{ message: /UNKNOWN/ },
	);
	t.deepEqual(made, ['add app x {"args":["a"]}', 'start app x', 'delete app x']);
	t.is(started, 0);
});

test('runInTask() removes a process of its name, also a running one', async (t) => {
	let adds = 0;
	let deletes = 0;
	const { calls, made } = fakeCalls({
		addProcess: () => (adds++ === 0 ? Promise.reject(refused('ALREADY_EXISTS')) : Promise.resolve()),
		deleteProcess: () =>
			deletes++ === 0 ? Promise.reject(refused('FAILED_PRECONDITION')) : Promise.resolve(),
	});
	t.is(await run(calls), 0);
	t.deepEqual(made.slice(1, 5), ['delete app x', 'kill app x 9', 'wait app x', 'delete app x']);
	t.deepEqual(made.slice(5), freedCalls);
});

test('runInTask() kills the program when it is aborted, and waits for its end', async (t) => {
	const controller = new AbortController();
	const end = Promise.withResolvers<number>();
	const { calls, made } = fakeCalls({
		waitProcess: () => end.promise,
		async killProcess() {
			end.resolve(137);
		},
	});
	t.is(await run(calls, controller.signal, () => setImmediate(() => controller.abort())), 137);
	t.deepEqual(made.slice(2), ['wait app x', 'kill app x 9', 'delete app x']);
});

test('runInTask() kills the program when it is aborted during the start', async (t) => {
	const controller = new AbortController();
	const { calls, made } = fakeCalls({
		async startProcess() {
			controller.abort();
			return 7;
		},
	});
	await run(calls, controller.signal);
	t.deepEqual(made.slice(1), ['start app x', 'kill app x 9', 'wait app x', 'delete app x']);
});

test('runInTask() does not start the program after an abort', async (t) => {
	const { calls, made } = fakeCalls();
	await t.throwsAsync(run(calls, AbortSignal.abort()), { name: 'AbortError' });
	t.deepEqual(made, ['add app x {"args":["a"]}', 'delete app x']);
});

for (const code of ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'NOT_FOUND'] as const) {
	test(`runInTask() passes on ${code}, and ignores it when it frees the name`, async (t) => {
		const failing = () => Promise.reject(refused(code));
		const { calls } = fakeCalls({ waitProcess: failing, deleteProcess: failing });
		await t.throwsAsync(run(calls), { message: new RegExp(code) });
	});
}
