import test from 'ava';
import { parseBurst, parseDurationMs } from '../../../../tools/config/durations.ts';
import { problemsOf } from '../../../helpers/config-problems.ts';

const parses = test.macro({
	exec: (t, parse: (text: string) => unknown, text: string, expected: unknown) =>
		t.deepEqual(parse(text), expected),
	title: (_, parse: (text: string) => unknown, text: string) => `${parse.name}() of ${JSON.stringify(text)}`,
});

test(parses, parseDurationMs, '200ms', 200);
test(parses, parseDurationMs, '30s', 30_000);
test(parses, parseDurationMs, '1m30s', 90_000);
test(parses, parseDurationMs, '24h', 86_400_000);
for (const text of ['', '30', '0s', '-1s', '1.5s', '25h', '1d', 's', '30 s'])
	test(parses, parseDurationMs, text, null);
test(parses, parseBurst, '10/1m', { burst: 10, burstWindowMs: 60_000 });
for (const text of ['10', '/1m', '10/', '10/m', 'x/1m']) test(parses, parseBurst, text, null);

const service = test.macro({
	exec(t, keys: string, expected: RegExp) {
		t.regex(problemsOf(`services: [{name: s, image: i, ${keys}}]\n`), expected);
	},
	title: (_, keys) => `loadConfig() of the service {${keys}}`,
});

test(service, 'restart: {policy: always, delay: 1s, maxDelay: 1m, burst: 3/10s, onBurst: stop}', /^$/);
test(service, 'stop: {signal: SIGINT, timeout: 3s}', /^$/);
test(
	service,
	'restart: {policy: allways}',
	/policy: "allways" is none of always, on-failure, no\. Did you mean "always"\?/,
);
test(service, 'restart: {delay: 5}', /delay: expected a text, found 5/);
test(
	service,
	'restart: {delay: soon}',
	/delay: "soon" is not a duration\. Expected one of up to a day, such as 200ms/,
);
test(service, 'restart: {burst: many}', /burst: "many" is not a number of restarts in a time/);
test(service, 'restart: {wait: 1s}', /Unknown key "wait" in restart/);
test(
	service,
	'stop: {signal: TERM}',
	/signal: "TERM" is not a signal\. Did you mean SIGTERM\? See signal\(7\)/,
);
test(service, 'log: {driver: console, maxSize: 64KiB, maxFiles: 1}', /^$/);
test(service, 'log: {driver: tcp, address: "logs:6514"}', /^$/);
test(service, 'log: {driver: syslog, address: "udp://10.0.0.1:514"}', /^$/);
test(service, 'log: {driver: journal}', /driver: "journal" is none of console, tcp, syslog/);
test(service, 'log: {maxSize: 1MB}', /maxSize: "1MB" is not a size\. .* such as 1MiB/);
test(service, 'log: {maxSize: 63KiB}', /"63KiB" is too small for a log: at least 64KiB/);
test(service, 'log: {maxFiles: 0}', /maxFiles: .*0/);
test(service, 'log: {driver: tcp}', /The driver tcp needs an address: HOST:PORT\./);
test(service, 'log: {address: "a:1"}', /An address is for the drivers tcp and syslog/);
test(
	service,
	'log: {driver: tcp, address: "udp://a:1"}',
	/"udp:\/\/a:1" is not an address for the driver tcp\. Expected HOST:PORT\./,
);
test(
	service,
	'log: {driver: syslog, address: a}',
	/"a" is not an address for the driver syslog\. Expected HOST:PORT or udp:\/\/HOST:PORT\./,
);
test(service, 'onFailure: reboot', /Unknown key "onFailure" in services/);
test(service, 'after: [s]', /after: s -> s: each waits for the next, so none can start/);
test(
	service,
	'after: [database]',
	/s: after: there is no service "database"\. Only services can be named there/,
);

test(service, 'ready: {tcp: 6379}', /^$/);
test(service, 'ready: {tcp: 6379, host: 10.0.0.1, interval: 1s, timeout: 2s, retries: 5}', /^$/);
test(service, 'ready: {http: "http://127.0.0.1:80/up"}, health: {exec: [redis-cli, ping]}', /^$/);
test(service, 'ready: {file: /run/ready}, health: {notify: true, interval: 10s}', /^$/);
test(service, 'ready: {}', /ready: expected one of tcp, http, exec, file, notify, found none/);
test(service, 'ready: {tcp: 80, file: /x}', /found tcp and file/);
test(service, 'ready: {tcp: 70000}', /tcp: .*70000/);
test(service, 'ready: {file: x}', /file: "x" does not begin with "\/"/);
test(service, 'ready: {exec: []}', /exec needs a program/);
test(service, 'ready: {notify: false}', /notify is true, or left out/);
test(service, 'ready: {http: "https://a/"}', /"https:\/\/a\/" is not a URL.*https can't be asked/);
test(service, 'ready: {host: a, file: /x}', /host goes with tcp only/);
test(service, 'health: {tcp: 80, retries: 0}', /retries: .*0/);

test('loadConfig() of onboot and onshutdown containers', (t) => {
	t.is(problemsOf('onboot: [{name: a, image: i, onFailure: halt, timeout: 2m}]\n'), '');
	t.is(problemsOf('onshutdown: [{name: a, image: i, timeout: 2m}]\n'), '');
	t.regex(
		problemsOf('onboot: [{name: a, image: i, onFailure: stop}]\n'),
		/"stop" is none of continue, reboot/,
	);
	t.regex(problemsOf('onshutdown: [{name: a, image: i, onFailure: halt}]\n'), /Unknown key "onFailure"/);
	t.regex(problemsOf('onboot: [{name: a, image: i, restart: {}}]\n'), /Unknown key "restart"/);
});

test('loadConfig() prints a cycle of services, and the nearest name', (t) => {
	const text = `services:
  - {name: a, image: i, after: [b]}
  - {name: b, image: i, after: [c]}
  - {name: c, image: i, after: [a, datbase]}
  - {name: database, image: i}
`;
	const message = problemsOf(text);
	t.regex(message, /a\.yml:2:33: after: a -> b -> c -> a: each waits for the next/);
	t.regex(message, /a\.yml:4:36: c: after: there is no service "datbase"\. Did you mean "database"\?/);
});
