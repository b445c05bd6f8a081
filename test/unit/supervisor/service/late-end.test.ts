// The end of a container that containerd reports only after its service was stopped without it, and has started again.

import { join } from 'node:path';
import test from 'ava';
import { GrpcError } from '../../../../supervisor/containerd/grpc-error.ts';
import { watchContainer } from '../../../../supervisor/service/run-container.ts';
import { openRecordStore } from '../../../../supervisor/service/service-record.ts';
import { initialState, type ServiceState } from '../../../../supervisor/service/service-state.ts';
import type { ServiceUnit } from '../../../../supervisor/service/service-unit.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { scratchPaths } from '../../../helpers/scratch-paths.ts';

const running: ServiceState = { ...initialState, phase: 'running', pid: 7 };

/** Watches a container whose service is in the state `then` when its end is reported. */
async function watched(then: ServiceState, report: Promise<number>) {
	const paths = scratchPaths();
	const store = openRecordStore(join(paths.state, 'app.json'), () => undefined);
	store.save({ state: running });
	let removals = 0;
	const container = {
		wait: () => report,
		async remove() {
			removals += 1;
		},
	};
	const unit = {
		name: 'app',
		paths,
		store,
		loaded: { container },
		output: null,
		containerWork: Promise.resolve(),
		context: { log: fakeLog().log },
		surroundings: { noteContainerdActivity: () => undefined },
	} as unknown as ServiceUnit;
	const ended = watchContainer(unit);
	store.save({ state: then });
	return { event: await ended, end: store.current().end, removals };
}

const leavesAlone = test.macro({
	async exec(t, then: ServiceState, report: () => Promise<number>) {
		t.deepEqual(await watched(then, report()), { event: null, end: null, removals: 0 });
	},
	title: (name, then: ServiceState) =>
		`watchContainer() leaves a service alone that is ${then.phase} again, when ${name}`,
});
const exits = async (): Promise<number> => 0;
const unknown = async (): Promise<number> => {
	throw new GrpcError('NOT_FOUND', '/containerd.services.tasks.v1.Tasks/Wait', 'no such task');
};

test('it reports the end late', leavesAlone, { ...running, phase: 'starting', pid: null }, exits);
test('it reports the end very late', leavesAlone, { ...running, pid: 8 }, exits);
test('it does not know the end', leavesAlone, { ...running, phase: 'starting', pid: null }, unknown);

test('watchContainer() removes the container and reports the end of a service that runs, or has stopped', async (t) => {
	const end = { reason: 'exited with status 0', succeeded: true };
	const expected = { event: { event: 'exited' as const, ...end }, end, removals: 1 };
	t.deepEqual(await watched(running, exits()), expected);
	t.deepEqual(await watched({ ...running, phase: 'stopped', pid: null }, exits()), expected);
});

test('watchContainer() removes the container in turn: not while it is being started again', async (t) => {
	const paths = scratchPaths();
	const store = openRecordStore(join(paths.state, 'app.json'), () => undefined);
	store.save({ state: { ...running, phase: 'stopping' } });
	const start = Promise.withResolvers<void>();
	const unit = {
		name: 'app',
		paths,
		store,
		loaded: { container: { wait: exits, remove: async () => t.fail('the new container was removed') } },
		output: null,
		containerWork: start.promise,
		context: { log: fakeLog().log },
		surroundings: { noteContainerdActivity: () => undefined },
	} as unknown as ServiceUnit;
	const before = unit.containerWork;
	const ended = watchContainer(unit);
	await eventually(() => unit.containerWork !== before, { pauseMs: 1, what: 'a removal in turn' });
	store.save({ state: { ...running, pid: 8 } });
	start.resolve();
	t.is(await ended, null);
});
