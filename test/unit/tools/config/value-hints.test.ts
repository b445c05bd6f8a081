import test from 'ava';
import { policyOf } from '../../../../tools/config/value-hints.ts';
import { problemsOf } from '../../../helpers/config-problems.ts';

const of = (keys: string) => problemsOf(`services:\n  - {name: s, image: i, ${keys}}\n`);

const hints = test.macro({
	exec(t, keys: string, hint: string) {
		const problem = of(keys);
		t.true(problem.includes(hint), problem);
	},
	title: (_, keys, hint) => `loadConfig() answers ${keys} with ${hint}`,
});

/** The value of a hint, put in place of the wrong one, is right. */
const mends = test.macro({
	exec(t, key: string, wrong: string, right: string) {
		const problem = of(`${key}: ${wrong}`);
		t.true(problem.includes(`Did you mean ${right}?`), problem);
		const value = wrong.startsWith('[') && !right.startsWith('[') ? `[${right}]` : right;
		t.is(of(`net: bridge, ${key}: ${value}`), '');
	},
	title: (_, key, wrong, right) => `loadConfig() answers ${key}: ${wrong} with ${right}, which is valid`,
});

test(mends, 'env', '[{A: 1}]', '"A=1"');
test(mends, 'env', '[{name: A, value: b}]', '"A=b"');
test(mends, 'ports', '[{target: 80, published: 8080}]', '"8080:80"');
test(mends, 'ports', '[{containerPort: 80}]', '"80:80"');
test(mends, 'binds', '[{source: /a, target: /b, read_only: true}]', '"/a:/b:ro"');
test(mends, 'binds', '[{/a: /b}]', '"/a:/b"');
test(
	mends,
	'devices',
	'["/dev/kvm:/dev/kvm"]',
	'{ path: /dev/kvm, type: c, major: 10, minor: 232, mode: "0666" }',
);
test(mends, 'ready', '80', '{ tcp: 80 }');
test(mends, 'ready', '"http://127.0.0.1/x"', '{ http: "http://127.0.0.1/x" }');
test(mends, 'ready', '"/bin/up -v"', '{ exec: ["/bin/up", "-v"] }');
test(mends, 'stop', '10s', '{ timeout: 10s }');
test(mends, 'stop', '10', '{ timeout: 10s }');
test(mends, 'stop', 'term', '{ signal: SIGTERM }');

test(mends, 'capabilities', 'CAP_CHOWN', '["CAP_CHOWN"]');
test(mends, 'capabilities', '"CAP_CHOWN, CAP_KILL"', '["CAP_CHOWN", "CAP_KILL"]');
test(mends, 'capabilities', '["*"]', 'all');
test(mends, 'binds', '"/a:/b /c:/d"', '["/a:/b", "/c:/d"]');
test(mends, 'binds', '"/my folder:/b"', '["/my folder:/b"]');
test(mends, 'readonly', '1', 'true');
test(mends, 'readonly', '0', 'false');

test(hints, 'after: "db, cache"', 'Did you mean ["db", "cache"]?');
test(hints, 'after: {db: {condition: service_started}}', 'Did you mean ["db"]?');
test(hints, 'capabilities: [CAP_CHOWN CAP_KILL]', 'Did you mean CAP_CHOWN, CAP_KILL, with a comma between?');
test(
	hints,
	'resources: {memory: {limit: 64}}',
	'limit: 64 bytes are less than any program needs. Did you mean 64 MiB, which are 67108864 bytes?',
);
test(hints, 'resources: {memory: {limit: -5}}', 'limit: -5 is no limit. -1 means no limit.');
test(hints, 'resources: {pids: {limit: -2}}', 'limit: -2 is no limit. -1 means no limit.');
test(
	hints,
	'resources: {cpu: {cpus: "3-1"}}',
	'"3-1" is not a list of numbers. Expected one such as "0-1,3".',
);
test(hints, 'resources: {cpu: {cpus: "0-"}}', '"0-" is not a list of numbers.');
test(hints, `hostname: ${'h'.repeat(65)}`, 'has 65 bytes. A hostname has 64 at most.');
test(hints, 'binds: [":"]', 'binds: ":" lacks a path.');
test(hints, 'ports: [80]', 'found 80. "80" is no port.');
test(hints, 'ports: [80]', 'Did you mean "80:80"?');
test(hints, 'resources: {memory: 512m}', 'Did you mean { limit: 536870912 }? The limit is in bytes.');
test(hints, 'binds: [{type: bind}]', 'Expected a text such as "/var/lib/data:/data".');
test(hints, 'devices: [/dev/vda]', '{ path: /dev/vda, type: c, major: MAJOR, minor: MINOR, mode: "0666" }');
test(hints, 'ready: {tcp: "localhost:80"}', 'Did you mean { tcp: 80 }?');
test(hints, 'ready: {tcp: "10.0.0.1:80"}', 'Did you mean { tcp: 80, host: 10.0.0.1 }?');
test(hints, 'ready: {tcp: web}', 'It is the number of a port, such as 8080.');
test(hints, 'ready: {exec: "curl -f x"}', 'Did you mean ["curl", "-f", "x"]?');
test(hints, 'ready: soon', 'Write { tcp: 8080 }, or one of http, exec, file and notify.');
test(hints, 'resources: {cpu: {quota: 50%}}', '50% is 50000 with "period: 100000".');
test(hints, 'resources: {cpu: {quota: 1.5}}', '1.5 is 150000 with "period: 100000".');
test(hints, 'resources: {cpu: {quota: half}}', '50000 is half a processor with "period: 100000".');

test('loadConfig() takes limits, lists of processors and names that the kernel takes', (t) => {
	for (const limit of [-1, 0, 4096])
		t.is(of(`resources: {memory: {limit: ${limit}}, pids: {limit: ${limit}}}`), '');
	for (const cpus of ['', '0', '0-1,3', ' 0, 2-3', '0-7:1/2'])
		t.is(of(`resources: {cpu: {cpus: ${JSON.stringify(cpus)}}}`), '');
	t.is(of(`hostname: ${'h'.repeat(64)}, cwd: ""`), '');
});

test('loadConfig() says once what is wrong with a bind', (t) => {
	for (const bind of ['', ':', ':/b']) t.is(of(`binds: ["${bind}"]`).match(/^a\.yml/gm)?.length, 1);
});

test('loadConfig() quotes a text of several lines on one', (t) => {
	t.true(
		problemsOf('services:\n  - image: i\n    name: >\n      a\n').includes(': name: "a\\n" is not a name.'),
	);
});

test('loadConfig() shows the key of a file that does not go with another', (t) => {
	t.regex(
		problemsOf('files:\n  - path: a\n    directory: true\n    contents: b\n'),
		/^a\.yml:4:15: files: a directory/,
	);
	t.regex(
		problemsOf('files:\n  - path: a\n    contents: b\n    symlink: c\n'),
		/^a\.yml:4:14: files: a file has one of/,
	);
	t.regex(
		problemsOf('volumes:\n  - name: a\n    platforms: [linux/amd64]\n'),
		/^a\.yml:3:\d+: volumes: platforms go/,
	);
	t.regex(problemsOf('files: [{path: "a\\0b", contents: c}]'), /has a NUL in it, which no path can have/);
});

test('loadConfig() offers the octal digits of a mode that is written in another way', (t) => {
	const ofMode = (mode: string) => problemsOf(`files: [{path: a, contents: b, mode: ${mode}}]`);
	for (const [mode, digits] of [
		['0o644', '0644'],
		['rwxr-xr-x', '0755'],
		['-rw-r-----', '0640'],
	] as const) {
		t.true(ofMode(mode).includes(`Did you mean "${digits}"?`), ofMode(mode));
		t.is(ofMode(`"${digits}"`), '');
	}
	t.true(ofMode('u+x').includes('Expected octal digits, such as "0644".'));
});

test('loadConfig() offers quotes only where the text in them is valid', (t) => {
	t.regex(of('pid: true'), /found true\. "true" is no namespace\. Expected "host", "new"/);
	t.regex(of('cwd: 1'), /found 1\. Put it in quotes\.$/m);
	t.regex(of('health: {tcp: 1, interval: true}'), /found true\. "true" is not a duration\./);
});

test('loadConfig() answers maps in the place of lists, and texts in the place of records', (t) => {
	t.regex(problemsOf('volumes: [data]'), /expected a map, found "data"\. Did you mean \{ name: data \}\?/);
	t.regex(
		problemsOf('volumes: {data: {}}'),
		/expected a list, found a map\. .* with its name in it: "- name: data"\./,
	);
	t.regex(problemsOf('onboot: {sysctl: {image: i}}'), /with its name in it: "- name: sysctl"\./);
	t.regex(problemsOf('services: {name: web, image: i}\ninit: [i]'), /Begin each item with "- "/);
	t.regex(problemsOf('services: redis'), /Did you mean \[\{ name: redis, image: slipway\/redis:v1 \}\]\?/);
	t.regex(
		problemsOf('services: "quay.io/a/web:2"'),
		/Did you mean \[\{ name: web, image: quay\.io\/a\/web:2 \}\]\?/,
	);
	t.regex(problemsOf('volumes: data'), /Did you mean \[\{ name: data \}\]\?/);
	t.regex(problemsOf('files: etc/motd'), /Did you mean \[\{ path: etc\/motd, … \}\]\?/);
	t.regex(problemsOf('services: a b'), /expected a list, found "a b"\.$/m);
	t.regex(problemsOf('init: "a:1, b:1"'), /Did you mean \["a:1", "b:1"\]\?/);
	t.regex(problemsOf('files: [/etc/hosts]'), /Did you mean \{ path: \/etc\/hosts, … \}\?/);
	t.regex(problemsOf('init: [{image: "slipway/init:v1"}]'), /Did you mean slipway\/init:v1\?/);
	t.regex(problemsOf('kernel: {cmdline: [a=1, quiet]}'), /Did you mean "a=1 quiet"\?/);
});

test('policyOf() knows the words of Docker and Kubernetes', (t) => {
	const words = ['OnFailure', 'Always', 'Never', 'on-failure:3', 'unless-stopped', 'sometimes'];
	t.deepEqual(words.map(policyOf), ['on-failure', 'always', 'no', 'on-failure', 'always', null]);
});
