import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { defaultLimits, limitsFor, withDefaultLimits } from '../../../../supervisor/bundle/default-limits.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const mebibyte = 2 ** 20;
const limits = { processes: 100, memoryBytes: 1000 };

const chosen = test.macro({
	exec(t, [available, threadsMax, services]: readonly number[], memory: number, processes: number) {
		const found = limitsFor((available ?? 0) * mebibyte, threadsMax ?? 0, services ?? 0);
		t.deepEqual(found, { memoryBytes: memory * mebibyte, processes });
	},
	title: (_, [available, threadsMax, services]: readonly number[]) =>
		`limitsFor() ${available} MiB, ${threadsMax} threads, ${services} services`,
});

test(chosen, [800, 7900, 1], 724, 3950);
test(chosen, [800, 7900, 8], 640, 3950);
// A reserve of more than a half would leave too little.
test(chosen, [200, 3000, 8], 100, 1500);
test(chosen, [64_000, 500_000, 3], 63_900, 4096);

test('withDefaultLimits() adds what a bundle does not say', (t) => {
	t.deepEqual(withDefaultLimits({}, limits), {
		linux: { resources: { pids: { limit: 100 }, memory: { limit: 1000 } } },
	});
	const resources = { pids: { limit: -1 }, cpu: { shares: 2 }, devices: [] };
	t.deepEqual(withDefaultLimits({ linux: { seccomp: {}, resources } }, limits), {
		linux: { seccomp: {}, resources: { memory: { limit: 1000 }, ...resources } },
	});
});

test('withDefaultLimits() leaves a container with CAP_SYS_ADMIN as it is', (t) => {
	const bounded = (bounding: string[]) => ({ process: { capabilities: { bounding } } });
	t.deepEqual(withDefaultLimits(bounded(['CAP_SYS_ADMIN']), limits), bounded(['CAP_SYS_ADMIN']));
	t.truthy(withDefaultLimits(bounded(['CAP_NET_ADMIN']), limits)['linux']);
});

test('withDefaultLimits() adds no limit without a controller', (t) => {
	const spec = { linux: { resources: { devices: [] } } };
	t.deepEqual(withDefaultLimits(spec, { processes: null, memoryBytes: null }), spec);
});

test('defaultLimits() are those of the first time, also for another PID 1', (t) => {
	const folder = scratchFolder(t);
	mkdirSync(join(folder, 'services/web'), { recursive: true });
	const controllers = join(folder, 'cgroup.controllers');
	writeFileSync(controllers, 'cpu memory pids\n');
	const paths = { state: folder, containers: folder, cgroup: folder };
	const first = defaultLimits(paths);
	t.true((first.memoryBytes ?? 0) > mebibyte && (first.processes ?? 0) > 1);
	const path = join(folder, 'default-limits.json');
	t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), first);
	writeFileSync(path, JSON.stringify(limits));
	t.deepEqual(defaultLimits(paths), limits);
	writeFileSync(path, '{"processes": "many"}');
	writeFileSync(controllers, 'cpu memory\n');
	t.deepEqual(defaultLimits(paths).processes, null);
	t.deepEqual(JSON.parse(readFileSync(path, 'utf8')).processes, null);
});
