import test from 'ava';
import { parseImageConfig } from '../../../../../supervisor/image/image-config.ts';
import { loadConfig } from '../../../../../tools/config/load-config.ts';
import { imageHealth } from '../../../../../tools/system/bundle/image-health.ts';
import { supervisionOf } from '../../../../../tools/system/bundle/supervision.ts';

const second = 1_000_000_000;

test('imageHealth() has the defaults of Docker', (t) => {
	const expected = {
		how: { exec: ['/bin/check', 'all'] },
		intervalMs: 30_000,
		timeoutMs: 30_000,
		retries: 3,
	};
	t.deepEqual(imageHealth({ Test: ['CMD', '/bin/check', 'all'] }), expected);
	t.deepEqual(
		imageHealth({ Test: ['CMD', '/bin/check', 'all'], Interval: 0, Timeout: 0, Retries: 0 }),
		expected,
	);
});

test('imageHealth() of a line for a shell with times of its own', (t) => {
	const given = {
		Test: ['CMD-SHELL', 'curl -f http://localhost/ || exit 1'],
		Interval: 5 * second,
		Timeout: second,
		StartPeriod: 12 * second,
		Retries: 2,
	};
	t.deepEqual(imageHealth(given), {
		how: { exec: ['/bin/sh', '-c', 'curl -f http://localhost/ || exit 1'] },
		intervalMs: 5000,
		timeoutMs: 1000,
		// Two, and three in the 12 s of the start.
		retries: 5,
	});
});

test('imageHealth() of none and of what cannot be run', (t) => {
	t.is(imageHealth(undefined), 'none');
	t.is(imageHealth({}), 'none');
	t.is(imageHealth({ Test: ['NONE'] }), 'none');
	for (const Test of [['CMD'], ['CMD-SHELL'], ['CMD-SHELL', 'a', 'b'], ['HTTP', 'x']])
		t.is(imageHealth({ Test }), 'unknown', Test.join(' '));
});

test("supervisionOf() takes the image's health check unless the YAML has `health`", (t) => {
	const healthOf = (more: string) => {
		const yaml = `services: [{name: a, image: i${more}}]`;
		const [service] = loadConfig([{ name: 'a.yml', text: yaml }]).services;
		return service === undefined
			? null
			: supervisionOf(service, { Healthcheck: { Test: ['CMD', '/c'] } })?.health?.how;
	};
	t.deepEqual(healthOf(''), { exec: ['/c'] });
	t.deepEqual(healthOf(', health: {tcp: 80}'), { tcp: 80 });
	t.is(healthOf(', health: none'), undefined);
});

test('parseImageConfig() keeps ports, volumes and the health check, and leaves out what is of a wrong type', (t) => {
	const config = {
		ExposedPorts: { '80/tcp': {} },
		Volumes: { '/data': {} },
		Healthcheck: { Test: ['CMD', '/c', 7], Interval: -1, Timeout: 'x', Retries: 2 },
	};
	t.like(parseImageConfig({ config, rootfs: {} }, 'i').config, {
		ExposedPorts: { '80/tcp': {} },
		Volumes: { '/data': {} },
		Healthcheck: { Test: ['CMD', '/c'], Retries: 2 },
	});
	const wrong = { ExposedPorts: ['80'], Volumes: null, Healthcheck: [] };
	t.deepEqual(parseImageConfig({ config: wrong, rootfs: {} }, 'i').config, {});
});
