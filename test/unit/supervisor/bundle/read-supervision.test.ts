import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { asSupervision, readSupervision } from '../../../../supervisor/bundle/read-supervision.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { supervisionOf } from '../../../../tools/system/bundle/supervision.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

test('readSupervision() of a bundle of LinuxKit: nothing is said', (t) => {
	t.deepEqual(readSupervision(mkdtempSync(join(scratchFolder(), 'x'))), {});
});

test('readSupervision() reads what the build writes', (t) => {
	const text = `services:
  - name: web
    image: web:v1
    after: [database]
    restart: {policy: on-failure, delay: 100ms, maxDelay: 1m30s, burst: 10/1m, onBurst: reboot}
    stop: {signal: SIGINT, timeout: 2s}
    ready: {tcp: 80}
    health: {exec: [/bin/check], interval: 5s}
    log: {driver: syslog, address: "10.0.0.1:514", maxSize: 2MiB}
  - name: database
    image: database:v1
onboot:
  - name: format
    image: format:v1
    onFailure: poweroff
    timeout: 2m
`;
	const config = loadConfig([{ name: 'a.yml', text }]);
	const folder = scratchFolder();
	const written = (container: Parameters<typeof supervisionOf>[0] | undefined) => {
		if (container === undefined) throw new Error('no container');
		writeFileSync(join(folder, 'supervision.json'), JSON.stringify(supervisionOf(container)));
		return readSupervision(folder);
	};
	t.deepEqual(written(config.services[0]), {
		after: ['database'],
		restart: {
			policy: 'on-failure',
			delayMs: 100,
			maxDelayMs: 90_000,
			burst: 10,
			burstWindowMs: 60_000,
			onBurst: 'reboot',
		},
		stop: { signal: 'SIGINT', timeoutMs: 2000 },
		ready: { how: { tcp: 80 }, intervalMs: 500, timeoutMs: 2000, retries: 180 },
		health: { how: { exec: ['/bin/check'] }, intervalMs: 5000, timeoutMs: 2000, retries: 3 },
		log: { maxBytes: 2_097_152, driver: 'syslog', address: '10.0.0.1:514' },
	});
	t.deepEqual(written(config.onboot[0]), { onFailure: 'poweroff', timeoutMs: 120_000 });
	const [, plain] = config.services;
	t.is(plain === undefined ? undefined : supervisionOf(plain), null);
});

test('asSupervision() takes each kind of probe', (t) => {
	const probe = { intervalMs: 1, timeoutMs: 2, retries: 3 };
	const kinds = [
		{ tcp: 80 },
		{ tcp: 80, host: '10.0.0.1' },
		{ http: 'http://127.0.0.1/' },
		{ exec: ['/bin/true'] },
		{ file: '/run/x' },
		{ notify: true },
	];
	for (const how of kinds)
		t.deepEqual(asSupervision({ ready: { ...probe, how } }, 'x').ready, { ...probe, how });
});

const rejects = test.macro({
	exec(t, value: unknown, message: string) {
		t.throws(() => asSupervision(value, 'x.json'), { name: 'ShapeError', message });
	},
	title: (_, value) => `asSupervision() rejects ${JSON.stringify(value)}`,
});

test(rejects, [], 'x.json must be an object');
test(rejects, { after: 'a' }, 'x.json: after must be a list');
test(
	rejects,
	{ restart: { policy: 'never' } },
	'x.json: restart: policy must be one of always, on-failure, no',
);
test(rejects, { restart: { delayMs: 0 } }, 'x.json: restart: delayMs must be a number of milliseconds');
test(rejects, { restart: { burst: -1 } }, 'x.json: restart: burst must be a number');
test(rejects, { stop: { signal: 15 } }, 'x.json: stop: signal must be a string');
test(rejects, { onFailure: 'panic' }, 'x.json: onFailure must be one of continue, reboot, poweroff, halt');
test(
	rejects,
	{ ready: { how: {}, intervalMs: 1, timeoutMs: 1, retries: 1 } },
	'x.json: ready.how must be one of tcp, http, exec, file and notify',
);
