import test from 'ava';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { problemsOf } from '../../../helpers/config-problems.ts';

const answers = test.macro({
	exec(t, keys: string, expected: string) {
		t.true(problemsOf(`services:\n  - {name: s, image: i, ${keys}}\n`).includes(expected));
	},
	title: (_, keys, expected) => `loadConfig() answers ${keys} with ${expected}`,
});

test(answers, 'ports: ["127.0.0.1:8080:80"]', '--publish 127.0.0.1:8080:80');
test(answers, 'publish: ["80"]', '--publish 8080:80');
test(answers, 'volumes: [{type: bind}]', 'Write binds: ["/var/lib/data:/data"].');
test(answers, 'depends_on: {db: {condition: service_healthy}}', 'Write after: ["db"].');
test(answers, 'environment: {A: 1, B: "x y"}', 'Write env: ["A=1", "B=x y"].');
test(answers, 'env: {A: 1}', 'Did you mean ["A=1"]?');
test(answers, 'cap_add: [NET_ADMIN]', 'Write capabilities.add: ["CAP_NET_ADMIN"].');
test(answers, 'mem_limit: 1g', 'limit: 1073741824');
test(answers, 'cpus: 1.5', 'quota: 150000, period: 100000');
test(answers, 'network_mode: none', 'Write net: none.');
test(answers, 'command: "echo a | cat"', 'Did you mean ["/bin/sh", "-c", "echo a | cat"]?');
test(answers, 'command: "redis-server --port 1"', 'Did you mean ["redis-server", "--port", "1"]?');
test(answers, 'resources: {limits: {memory: 128Mi}}', 'Write memory: { limit: 134217728 }, and cpu:');
test(answers, 'securityContext: {runAsUser: 1}', 'as keys of the container: uid, gid, readonly');
test(answers, 'restartPolicy: OnFailure', 'Write restart: { policy: on-failure }.');
test(answers, 'cpuset: 0-2', 'Write resources: { cpu: { cpus: "0-2" } }.');
test(answers, 'memswap_limit: 1g', 'Write resources: { memory: { swap: 1073741824 } }.');
test(answers, 'schedule: "0 * * * *"', 'There are no schedules.');
test(answers, 'x-extra: 1', 'an anchor (&name) may stand where the value is used first');
test(answers, 'restart: "no"', 'Did you mean { policy: no }?');
test(answers, 'restart: on-failure:5', 'Did you mean { policy: on-failure }?');
test(answers, 'restart: sometimes', 'Write restart: { policy: on-failure }.');
test(answers, 'onFailure: reboot', 'Unknown key "onFailure" in services. Only containers of onboot have it.');
test(
	answers,
	'engine: builtin',
	'Unknown key "engine" in services. Only containers of onshutdown and containers of onboot have it.',
);
test(answers, 'constructor: x', '"slipway schema" have all keys.');
test(answers, 'binds: ["/a:/b:Z"]', 'has the option "Z". It has no meaning here. Leave it out.');

test('the answers of loadConfig() are themselves valid', (t) => {
	for (const keys of [
		'binds: ["/var/lib/data:/data"]',
		'command: ["/bin/sh", "-c", "echo a | cat"]',
		'env: ["A=1", "B=x y"]',
		'uid: 1000, gid: 1000, additionalGids: [20]',
		'health: { exec: [/bin/program], interval: 10s }, ready: { tcp: 8080 }',
		'restart: { policy: no }',
		'restart: { policy: on-failure }',
		'capabilities: [all]',
		'capabilities.add: ["CAP_NET_ADMIN"]',
		'resources: { memory: { limit: 268435456 }, cpu: { quota: 50000, period: 100000 }, pids: { limit: 100 } }',
		'resources: { memory: { reservation: 268435456 }, cpu: { shares: 512 } }',
		'rlimits: ["nofile,1024,4096"]',
		'log: { driver: syslog, address: "udp://10.0.0.1:514" }',
		'seccomp: unconfined, noNewPrivileges: true',
		'annotations: { org.example.owner: web }',
		'stop: { signal: SIGTERM, timeout: 10s }',
		'tmpfs: ["/dev/shm:size=64m"]',
		'sysctl: { net.ipv4.ip_forward: "1" }',
		'userns: new, net: host, cwd: /srv, readonly: true, pid: host, cgroupsPath: web',
		'resources: { cpu: { cpus: "0-2" }, memory: { swap: 1073741824 } }',
	]) {
		t.notThrows(
			() => loadConfig([{ name: 'a.yml', text: `services: [{name: s, image: i, ${keys}}]` }]),
			keys,
		);
	}
	const files = 'files: [{ path: etc/hostname, contents: "web", mode: "0644" }]';
	t.notThrows(() => loadConfig([{ name: 'a.yml', text: files }]));
});

const recognizes = test.macro({
	exec(t, text: string, expected: RegExp) {
		const problem = problemsOf(text);
		t.regex(problem, expected);
		t.is(problem.match(/^a\.yml:/gm)?.length, 1);
	},
	title: (_, text) => `loadConfig() recognizes ${JSON.stringify(text)}`,
});

test(
	recognizes,
	'services:\n  web: {image: nginx, ports: ["80:80"]}\n',
	/^a\.yml:1:1: This is a file of Docker Compose\..*"- name: web"/,
);
test(
	recognizes,
	'x-a: &a {}\nservices: {db: {<<: *a}}\nvolumes: {data: }\n',
	/file of Docker Compose\..*"- name: db"/,
);
test(
	recognizes,
	'# syntax=docker/dockerfile:1\nARG V=1\nFROM debian AS b\nCMD ["a"]\n',
	/This is a Dockerfile\./,
);
test(recognizes, 'apiVersion: v1\nkind: Pod\nspec: {}\n', /This is a manifest of Kubernetes\./);
test(recognizes, '[kernel]\nimage = "a"\n', /tables or variables \(TOML, INI/);
test(recognizes, '# unit\n[Unit]\nDescription=x\n', /tables or variables/);
test(recognizes, 'KERNEL=slipway/kernel:v1\n', /tables or variables/);
test(recognizes, '\u007fELF\u0002\u0000\u0000', /This is no text/);
test(recognizes, '#cloud-config\nusers: []\n', /This is a file for cloud-init/);

test('loadConfig() takes no file with a kernel for one of Docker Compose', (t) => {
	const problem = problemsOf('kernel: {image: k}\nservices: {web: {image: i}}\n');
	t.regex(problem, /^a\.yml:2:11: services: expected a list, found a map\. .*"- name: web"\.$/m);
});
