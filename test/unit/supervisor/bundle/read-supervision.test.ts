import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { tryReadSupervision } from '../../../../supervisor/bundle/read-supervision.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { supervisionOf } from '../../../../tools/system/bundle/supervision.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

test('tryReadSupervision() finds no keys in a bundle of LinuxKit', (t) => {
	t.deepEqual(tryReadSupervision(scratchFolder()), { supervision: {}, trouble: null });
});

test('tryReadSupervision() reads what the build writes', (t) => {
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
		return tryReadSupervision(folder).supervision;
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

test('tryReadSupervision() names what is wrong with the file', (t) => {
	const folder = scratchFolder();
	writeFileSync(join(folder, 'supervision.json'), '{"onFailure": "panic"}');
	const { supervision, trouble } = tryReadSupervision(folder);
	t.deepEqual(supervision, {});
	t.regex(trouble ?? '', /^can't be read: .*supervision\.json: onFailure must be one of continue, /);
});
