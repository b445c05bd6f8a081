// What LinuxKit accepts and refuses, by its sources (moby/schema.go, moby/config.go, moby/build/build.go) and those of
// its YAML reader; what it was seen to do is in test/golden.

import test from 'ava';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { problemsOf } from '../../../helpers/config-problems.ts';

const service = (keys: string): string => `services:\n  - {name: s, image: i, ${keys}}\n`;
const file = (keys: string): string => `files:\n  - {path: a, ${keys}}\n`;

const accepts = test.macro({
	exec(t, text: string) {
		t.is(problemsOf(text), '');
	},
	title: (_, text) => `loadConfig() accepts ${JSON.stringify(text)}`,
});

for (const keys of [
	...[
		'command: [yes, on, n]',
		'hostname: no',
		'cwd: .',
		'command: [22:22]',
		'command: ["1"]',
		'sysctl: {y: on}',
	],
	...['capabilities: [All]', 'capabilities: [None]', 'ambient: []', 'binds: []', 'hostname: ""'],
	...['devices: [{path: all}]', 'devices: [{path: all, mode: ""}]'],
	...[
		'devices: [{path: /dev/x, type: c, mode: "0000666"}]',
		'devices: [{path: /dev/x, type: c, mode: "20666"}]',
	],
	...['mounts: [{type: "", source: proc}]', 'mounts: [{destination: /dev, type: ""}]'],
	'mounts: [{type: bind, source: /a, destination: /b, uidmappings: [{hostID: 1, size: 1}]}]',
	...['uid: ""', 'uid: root', 'uid: s', 'gid: 4294967294', 'additionalGids: [s, 0]'],
	...['oomScoreAdj: 1.0', 'oomScoreAdj: 1e2', 'resources: {memory: {limit: 9223372036854775807}}'],
	...[
		'resources: {}',
		'runtime: {}',
		'runtime: {bindNS: {}}',
		'rlimits: ["nofile,18446744073709551615,UNLIMITED"]',
	],
]) {
	test(accepts, service(keys));
}
for (const keys of [
	...['contents: ""', 'contents: x, symlink: ""', 'contents: x, source: ""', 'directory: true, source: ""'],
	...[
		'contents: x, mode: ""',
		'contents: x, mode: "0100644"',
		'contents: x, mode: "4755"',
		'contents: x, uid: ""',
	],
	'source: x, metadata: ""',
]) {
	test(accepts, file(keys));
}
for (const text of [
	...['{}', 'init: []', 'services: []', 'kernel: {}', 'kernel: {image: ""}', 'kernel: {cmdline: quiet}'],
	...['\uFEFFinit: [a]\n', 'init:\r\n- a\r\n', '%YAML 1.1\n---\ninit: [a]\n...\n', '{"init": ["a"]}'],
	...['onboot: [{name: _a+b, image: i}, {name: _a+b, image: i}]', 'services: [{name: a_B.c-d, image: i}]'],
	'files: [{path: /d/, directory: true}]',
]) {
	test(accepts, text);
}

const refuses = test.macro({
	exec(t, text: string, expected: RegExp) {
		t.regex(problemsOf(text), expected);
	},
	title: (_, text) => `loadConfig() refuses ${JSON.stringify(text)}`,
});

test(
	refuses,
	service('readonly: yes'),
	/2:35: readonly: expected true or false, found "yes"\. Did you mean true\?/,
);
test(refuses, service('readonly: Off'), /found "Off"\. Did you mean false\?/);
test(refuses, service('readonly: "true"'), /found "true"\. Did you mean true\?/);
test(refuses, service('command: x'), /command: expected a list, found "x"\. Did you mean \["x"\]\?/);
test(refuses, service('command: [1]'), /command: expected a text, found 1\. Put it in quotes/);
test(refuses, service('env: [1_0]'), /env: expected a text, found 1_0\. "1_0" is no variable/);
test(refuses, service('env: [~]'), /env: expected a text, found nothing\./);
test(refuses, service('hostname'), /2:25: hostname: expected a text, found nothing\./);
test(refuses, service('binds: null'), /binds: expected a list, found nothing\./);
test(refuses, service('oomScoreAdj: 1.5'), /oomScoreAdj: expected a whole number, found 1\.5\./);
test(refuses, service('oomScoreAdj: 1001'), /oomScoreAdj: 1001 is out of range\. Expected -1000 to 1000\./);
test(refuses, service('uid: -1'), /uid: -1 is out of range\. Expected 0 to 4294967294\./);
test(refuses, service('uid: 4294967296'), /uid: 4294967296 is out of range/);
test(refuses, service('uid: 1.0'), /uid: expected a number or the name of a container, found 1\.0\./);
test(refuses, service('uid: "7"'), /"7" in quotes is the name of a container.+Leave out the quotes/);
test(
	refuses,
	service('gid: S'),
	/2:30: gid: "S" is neither a number nor the name of a container\. Did you mean "s"\?/,
);
test(refuses, service('resources: {cpu: {shares: -1}}'), /shares: -1 is out of range\. Expected 0 to/);
test(
	refuses,
	service('resources: {blockio: {weight: 65536}}'),
	/weight: 65536 is out of range\. Expected 0 to 65535/,
);
test(refuses, service('rlimits: ["nofile,18446744073709551616,1"]'), /more than 64 bits; say "unlimited"/);
test(refuses, service('rlimits: ["nofile,1,2,3"]'), /Expected NAME,SOFT,HARD/);
test(refuses, service('rlimits: ["nofile,+1,2"]'), /Expected NAME,SOFT,HARD/);
test(refuses, service('capabilities: [CAP_SYS_ADMN]'), /Did you mean CAP_SYS_ADMIN\?/);
test(refuses, service('ambient: [none, CAP_KILL]'), /"none" stands alone/);
test(refuses, service('tmpfs: [":size=1m"]'), /tmpfs: ":size=1m" has no destination/);
test(refuses, service('binds: ["/a:"]'), /binds: "\/a:" lacks a path/);
test(refuses, service('mounts: [{type: "", destination: /x}]'), /the mount on \/x has no type/);
test(
	refuses,
	service('mounts: [{type: tmpfs, destination: ""}]'),
	/the mount of type tmpfs has no destination/,
);
test(refuses, service('devices: [{path: /dev/x, mode: "0666"}]'), /a device needs a type/);
test(
	refuses,
	service('devices: [{path: /dev/x, type: char, mode: "0666"}]'),
	/"char" is not a type of device/,
);
test(refuses, service('devices: [{path: /dev/x, type: c, mode: "0o666"}]'), /"0o666" is not a mode/);
test(refuses, service('devices: [{path: /dev/x, type: c, mode: ""}]'), /a device needs a mode/);
test(refuses, service('runtime: {bindNS: [net]}'), /bindNS: expected a map, found a list/);
test(refuses, service('runtime: {noRestart: true}'), /Unknown key "noRestart" in runtime/);
test(refuses, service('sysctl: {1: "x"}'), /2:34: The key 1 is not a text\. Put it in quotes/);
test(refuses, service('annotations: {true: "x"}'), /The key true is not a text/);
test(refuses, service('cwd: /a, cwd: /b'), /2:34: The key cwd stands here for the second time\./);

test(refuses, file('symlink: ""'), /needs one of contents, source, symlink, metadata/);
test(refuses, file('contents: x, symlink: y'), /one of contents and symlink, not both/);
test(refuses, file('directory: true, symlink: y'), /a directory has no symlink/);
test(refuses, file('contents: x, metadata: yaml'), /one of contents and metadata, not both/);
test(refuses, file('contents: x, mode: "0o644"'), /"0o644" is not a mode/);
test(refuses, file('contents: x, mode: "-644"'), /"-644" is not a mode/);
test(refuses, file('contents: x, uid: nobody'), /2:33: uid: "nobody" is neither a number nor/);
test(
	refuses,
	file('contents: x, gid: null'),
	/gid: expected a number or the name of a container, found nothing/,
);
test(refuses, 'files: [{path: a/, contents: ""}]', /"a\/" ends in "\/", but is not a "directory: true"/);

test(refuses, 'onboot: [{name: a/b, image: i}]', /name: "a\/b" is not a name/);
test(refuses, 'onboot: [{name: .., image: i}]', /name: "\.\." is not a name/);
test(refuses, 'services: [{name: a-, image: i}]', /name: "a-" is not a name/);
test(refuses, 'services: [{name: a--b, image: i}]', /name: "a--b" is not a name/);
test(refuses, 'services: [{name: "", image: i}]', /name: "" is not a name/);
test(refuses, 'services: [{name: a, image: ""}]', /image: "" is not an image reference/);
test(refuses, 'init: [a, 1]', /init: expected the name of an image, found 1\./);
test(refuses, 'init:\n\t- a\n', /a\.yml:2:1: .*[Tt]ab/);
test(
	refuses,
	'init: [*a]\n',
	/a\.yml:1:8: init: .+ found the alias \*a, but there is no anchor &a before it/,
);
test(refuses, 'init: ["a\u0001"]\n', /a\.yml:1:10: A control character stands here/);
test(refuses, '- a\n', /the file: expected a map, found a list/);
test(refuses, '# nothing\n', /The file is empty/);
test(refuses, 'Services: []\n', /Unknown key "Services" in the file\. Did you mean "services"\?/);
test(
	refuses,
	'services:\n  - &a {name: a, image: i}\n  - {<<: *a, <<: *a, name: b}\n',
	/3:14: The key << stands here for the second time/,
);
test(refuses, 'services:\n  - {name: a, image: i, <<: x}\n', /2:29: "<<" takes a map or a list of maps/);

test('loadConfig() shows a line that ends in CR LF without its end', (t) => {
	t.is(problemsOf('init: [a]\r\nfoo: 1\r\n').split('\n')[1], '  foo: 1');
});

test('loadConfig() keeps the earlier text when a later kernel has an empty one', (t) => {
	const config = loadConfig([
		{ name: 'a.yml', text: 'kernel: {image: k, cmdline: quiet, binary: vmlinuz, tar: modules.tar}' },
		{ name: 'b.yml', text: 'kernel: {image: "", cmdline: "", binary: ""}' },
	]);
	t.like(config.kernel, { image: 'k', cmdline: 'quiet', binary: 'vmlinuz', tar: 'modules.tar' });
});

test('loadConfig() reads an empty `tar` or `ucode` as none', (t) => {
	const config = loadConfig([
		{ name: 'a.yml', text: 'kernel: {image: k, tar: modules.tar, ucode: ucode.cpio}' },
		{ name: 'b.yml', text: 'kernel: {tar: "", ucode: ""}' },
	]);
	t.like(config.kernel, { tar: 'none', ucode: undefined });
});

test('loadConfig() uses the first of several merged maps that has a key', (t) => {
	const config = loadConfig([
		{
			name: 'a.yml',
			text: [
				'services:',
				'  - &a {name: a, image: i, cwd: /a}',
				'  - &b {name: b, image: i, cwd: /b, net: host}',
				'  - {name: c, <<: [*a, *b]}',
			].join('\n'),
		},
	]);
	t.like(config.services[2], { name: 'c', image: 'i', cwd: '/a', net: 'host' });
});

test('loadConfig() reports an unknown user together with the other problems', (t) => {
	const text = 'services:\n  - {name: a, image: i, uid: b, cmd: x}\n  - 1\n  - {name: 2, image: i, uid: a}\n';
	t.deepEqual(
		problemsOf(text)
			.split('\n')
			.filter((line) => !line.startsWith('  ')),
		[
			'a.yml:2:33: Unknown key "cmd" in services. Write command: ["x"]. It replaces both ENTRYPOINT and CMD of the image.',
			'a.yml:3:5: services: expected a map, found 1.',
			'a.yml:4:12: name: expected a text, found 2. Put it in quotes.',
			'a.yml:2:30: uid: "b" is neither a number nor the name of a container. Did you mean "a"?',
		],
	);
});
