import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Containerd } from '../../../../supervisor/containerd/containerd-process.ts';
import { createService, type Service } from '../../../../supervisor/service/service.ts';
import { fakeChildren } from '../../../helpers/fake-children.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { addBundle, scratchPaths } from '../../../helpers/scratch-paths.ts';

const containerd: Containerd = {
	start: () => undefined,
	resume: () => undefined,
	suspect: () => Promise.resolve(),
	connection: () => Promise.reject(new Error('no connection')),
	stop: () => Promise.resolve(),
};

/** Returns a service whose start always fails: nothing makes the FIFOs of its output. */
function failingService(supervision: unknown, blocked: string | null = null) {
	const paths = scratchPaths();
	const folder = addBundle(paths, 'services/app');
	writeFileSync(join(folder, 'supervision.json'), JSON.stringify(supervision));
	const { log, messages, lines } = fakeLog();
	const requests: string[] = [];
	const surroundings = {
		blocked,
		blockedBy: () => surroundings.blocked,
		onChange: () => undefined,
		noteContainerdActivity: () => undefined,
		containerdActiveAtMs: () => 0,
		networkRules: { renew: async () => undefined, require: async () => undefined },
		starts: { run: <T>(work: () => Promise<T>) => work() },
		startTimeouts: { lateMs: 60_000, lostMs: 60_000 },
		power: (action: string, reason: string) => void requests.push(`${action}: ${reason}`),
	};
	const context = {
		native: createFakeNative().native,
		children: fakeChildren(() => new Promise(() => undefined)).children,
		log,
		now: () => performance.now(),
		power: () => undefined,
	};
	const open = (): Service => createService(folder, context, paths, containerd, surroundings);
	return { folder, open, messages, lines, requests, surroundings };
}

test('begin() marks a service as failed when its supervision.json can not be read', async (t) => {
	const { open } = failingService({ after: 7 });
	const service = open();
	await service.begin();
	t.is(service.status().state, 'failed');
	t.regex(service.status().reason ?? '', /^can't be read: .*supervision\.json: after must be a list$/);
	await service.start();
	t.is(service.status().state, 'failed', 'a request does not start it either');
});

test('begin() marks a service as failed when its config.json is missing', async (t) => {
	const { folder, open, messages } = failingService({});
	rmSync(join(folder, 'config.json'));
	const service = open();
	await service.begin();
	t.is(service.status().state, 'failed');
	t.regex(messages.at(-1) ?? '', /^can't be read: .*config\.json must be there; it is not tried again;/);
});

test('begin() waits for other services, and startIfUnblocked() starts the service', async (t) => {
	const { open, messages, surroundings } = failingService(
		{ restart: { policy: 'no' } },
		'waits for database',
	);
	const service = open();
	await service.begin();
	t.is(service.status().state, 'waiting');
	service.startIfUnblocked();
	t.is(service.status().state, 'waiting');
	surroundings.blocked = null;
	service.startIfUnblocked();
	t.is(service.status().state, 'starting');
	await service.start();
	t.is(service.status().state, 'failed');
	t.deepEqual(messages.slice(0, 2), ['waiting: waits for database', 'starting']);
});

test('begin() schedules a retry after a failed start, and stop() cancels it', async (t) => {
	const { open, messages } = failingService({ restart: { delayMs: 3_600_000 } });
	const service = open();
	await service.begin();
	t.is(service.status().state, 'backoff');
	t.regex(messages.at(-1) ?? '', /^could not be started: .*ENOENT.*; its program is \/app in .*\/rootfs; /);
	t.regex(messages.at(-1) ?? '', /it is started again in 3600000 ms; its log is /);
	await service.stop();
	t.is(service.status().state, 'stopped');
	t.false(service.signal('SIGTERM'));
});

test('begin() requests the end of the system after too many failed starts if the rules name it', async (t) => {
	const { open, requests, messages } = failingService({ restart: { burst: 0, onBurst: 'reboot' } });
	await open().begin();
	t.is(requests.length, 1);
	t.regex(requests[0] ?? '', /^reboot: service app: could not be started: .*more than 0 ends within 60 s$/);
	t.regex(messages.at(-1) ?? '', /a reboot follows/);
});

test('begin() of a later PID 1 starts a waiting service and leaves a stopped one alone', async (t) => {
	const { open, surroundings } = failingService({ restart: { policy: 'no' } }, 'waits for database');
	const first = open();
	await first.begin();
	const second = open();
	surroundings.blocked = null;
	await second.begin();
	t.is(second.status().state, 'failed');
	await second.stop();
	const third = open();
	await third.begin();
	t.is(third.status().state, 'stopped');
});

test('begin() of a later PID 1 starts a service that was being replaced, once', async (t) => {
	const { open } = failingService({ restart: { delayMs: 3_600_000 } });
	const first = open();
	await first.begin();
	first.noteReplacing(true);
	await first.finish();
	t.is(first.status().state, 'stopped');
	const second = open();
	await second.begin();
	t.is(second.status().state, 'backoff', 'it starts, which fails here');
	await second.stop();
	const third = open();
	await third.begin();
	t.is(third.status().state, 'stopped');
});

test('begin() of a later PID 1 leaves a service alone whose replacement was given up', async (t) => {
	const { open } = failingService({ restart: { delayMs: 3_600_000 } });
	const first = open();
	await first.begin();
	first.noteReplacing(true);
	await first.stop();
	first.noteReplacing(false);
	const second = open();
	await second.begin();
	t.is(second.status().state, 'stopped');
});

test('finish() of a service that never began ends at once', async (t) => {
	const service = failingService({}).open();
	await service.finish();
	t.is(service.status().state, 'stopped');
});
