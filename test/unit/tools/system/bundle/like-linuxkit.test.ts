// Bundles as LinuxKit's sources would make them (moby/config.go and the Go types of the runtime-spec); what LinuxKit was
// seen to make is in test/golden.

import test from 'ava';
import type { ImageDefaultsJson } from '../../../../../supervisor/image/image-config.ts';
import { ConfigError } from '../../../../../tools/config/config-error.ts';
import { containerIds } from '../../../../../tools/config/container-ids.ts';
import { loadConfig } from '../../../../../tools/config/load-config.ts';
import { containerBundle } from '../../../../../tools/system/bundle/bundle.ts';
import { bundleJson } from '../../../../../tools/system/bundle/bundle-json.ts';

function bundle(keys: string, image: ImageDefaultsJson = {}) {
	const config = loadConfig([{ name: 'a.yml', text: `services: [{name: s, image: i, ${keys}}]` }]);
	const [container] = config.services;
	if (container === undefined) throw new Error('no container');
	const ids = containerIds(config);
	return containerBundle({
		section: 'services',
		index: 0,
		container,
		image,
		architecture: 'amd64',
		ids,
		sharedImage: null,
		userBase: 655_360,
	});
}

const labelled = (label: string): ImageDefaultsJson => ({ Labels: { 'org.mobyproject.config': label } });

/** The part at a path of `config.json`, as text, so that the order of its keys counts. */
function partOf(json: string, path: readonly string[]): string | undefined {
	let value: unknown = JSON.parse(json);
	for (const key of path) value = (value as Record<string, unknown> | undefined)?.[key];
	return JSON.stringify(value);
}

const makes = test.macro({
	exec(t, keys: string, path: string, expected: unknown, label: string = '{}') {
		const json = bundleJson(bundle(keys, labelled(label)).spec);
		t.is(partOf(json, path.split(' ')), JSON.stringify(expected));
	},
	title: (_, keys: string, path: string, _expected: unknown, label = '') =>
		`containerBundle() makes ${path} of ${keys} ${label}`.trimEnd(),
});

const resources = (keys: string): string => `resources: {${keys}}`;
const atResources = 'linux resources';

test(makes, resources('pids: {}'), atResources, { pids: { limit: 0 } });
test(makes, resources('memory: {}, network: {}, cpu: {}, blockio: {}'), atResources, {
	memory: {},
	cpu: {},
	blockIO: {},
	network: {},
});
test(makes, resources('cpu: {mems: "1", cpus: "", shares: 0}, memory: {swap: -1, limit: 0}'), atResources, {
	memory: { limit: 0, swap: -1 },
	cpu: { shares: 0, mems: '1' },
});
test(makes, resources('devices: []'), atResources, {});
test(makes, resources('devices: [{}, {access: r, minor: 0, type: c, allow: true}]'), atResources, {
	devices: [{ allow: false }, { allow: true, type: 'c', minor: 0, access: 'r' }],
});
test(makes, resources('network: {priorities: [{name: eth0}, {priority: 1}], classID: 7}'), atResources, {
	network: {
		classID: 7,
		priorities: [
			{ name: 'eth0', priority: 0 },
			{ name: '', priority: 1 },
		],
	},
});
test(makes, resources('network: {priorities: []}, hugepageLimits: []'), atResources, { network: {} });
test(
	makes,
	resources('blockio: {throttleReadBpsDevice: [{major: 8}], weightDevice: [{minor: 1, weight: 5}]}'),
	atResources,
	{
		blockIO: {
			weightDevice: [{ major: 0, minor: 1, weight: 5 }],
			throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 0 }],
		},
	},
);
test(makes, resources('hugepageLimits: [{pageSize: 1048576, limit: 5}, {pageSize: 64}]'), atResources, {
	hugepageLimits: [
		{ pageSize: '1GB', limit: 5 },
		{ pageSize: '64KB', limit: 0 },
	],
});

test('containerBundle() with net: bridge joins a kept namespace, and binds the names that the YAML does not replace', (t) => {
	const { spec, networkId } = bundle('net: bridge');
	t.is(networkId, 's');
	t.deepEqual(spec.linux?.namespaces?.[0], { type: 'network', path: '/run/slipway/netns/s' });
	t.like(
		spec.mounts?.find(({ destination }) => destination === '/etc/hosts'),
		{
			source: '/containers/services/s/hosts',
			options: ['ro', 'rbind'],
		},
	);
	const own = bundle('net: bridge, binds: ["/etc/hosts:/etc/hosts"]').spec.mounts;
	t.is(own?.find(({ destination }) => destination === '/etc/hosts')?.source, '/etc/hosts');
	t.is(bundle('net: host').networkId, null);
});

test('containerBundle() refuses probes by exec of a container with users of its own in a network of the system', (t) => {
	const refused = { message: /has no probes by "exec": runc can't enter such a container\. Use "tcp"/ };
	for (const probe of ['ready: {exec: [/a]}', 'health: {exec: [/a]}'])
		t.throws(() => bundle(`net: bridge, userns: auto, ${probe}`), refused);
	t.throws(() => bundle('net: bridge, userns: auto', { Healthcheck: { Test: ['CMD', '/a'] } }), refused);
	t.notThrows(() =>
		bundle('net: bridge, userns: auto, health: none', { Healthcheck: { Test: ['CMD', '/a'] } }),
	);
	for (const fine of [
		'net: bridge, userns: auto, ready: {tcp: 80}',
		'net: new, userns: auto, ready: {exec: [/a]}',
	])
		t.notThrows(() => bundle(fine));
	t.notThrows(() => bundle('net: bridge, ready: {exec: [/a]}'));
});

test('containerBundle() binds resolv.conf of a container with users of its own with the flags of /run, which it must keep', (t) => {
	const options = (yaml: string) =>
		bundle(yaml).spec.mounts?.find(({ destination }) => destination === '/etc/resolv.conf')?.options;
	const kept = ['nosuid', 'nodev', 'noexec'];
	t.true(kept.every((flag) => options('net: bridge, userns: auto')?.includes(flag)));
	t.false(kept.some((flag) => options('net: bridge')?.includes(flag)));
	t.true(options('net: bridge, userns: auto')?.includes('ro'));
});

test('containerBundle() with userns: auto has a range of users, its own copy of the image, and the /sys of the system', (t) => {
	const { spec, userBase, imagePath } = bundle('userns: auto');
	t.is(userBase, 655_360);
	t.is(imagePath, '/containers/services/s/lower');
	const mapping = [{ containerID: 0, hostID: 655_360, size: 65_536 }];
	t.deepEqual([spec.linux?.['uidMappings'], spec.linux?.['gidMappings']], [mapping, mapping]);
	t.true(spec.linux?.namespaces?.some(({ type, path }) => type === 'user' && path === undefined));
	const sys = spec.mounts?.find(({ destination }) => destination === '/sys');
	t.like(sys, { type: 'bind', source: '/sys' });
	t.true(sys?.options?.includes('rbind') && sys.options.includes('ro'));
	t.is(bundle('userns: new').userBase, null);
	t.throws(() => bundle('userns: auto, pid: host'), { message: /needs processes of its own/ });
});

test('containerBundle() keeps all digits of a limit', (t) => {
	const { spec } = bundle(resources('memory: {limit: 9223372036854775807}'));
	t.regex(bundleJson(spec), /"limit": 9223372036854775807\n/);
});

test(makes, 'devices: [{path: /dev/x, type: c, mode: "0"}]', 'linux devices', [
	{ path: '/dev/x', type: 'c', major: 0, minor: 0, fileMode: 0 },
]);
test(makes, 'devices: [{path: /dev/x, type: c, mode: "660"}, {path: all}]', `${atResources} devices`, [
	{ allow: true, type: 'c', major: 0, minor: 0, access: 'rwm' },
	{ allow: true, access: 'rwm' },
]);

const namespaces = (...own: readonly object[]) => [...own, { type: 'mount' }];
test(makes, 'net: none, pid: host', 'linux namespaces', namespaces({ type: 'network' }));
test(makes, 'ipc: rel/none, uts: rel/path', 'linux namespaces', [
	...[
		{ type: 'ipc', path: 'rel/none' },
		{ type: 'uts', path: 'rel/path' },
	],
	...namespaces({ type: 'pid' }),
]);
test(makes, 'userns: new, pid: root', 'linux namespaces', namespaces({ type: 'user' }));
test(makes, 'userns: /run/u, pid: host', 'linux namespaces', namespaces({ type: 'user', path: '/run/u' }));
test(makes, 'userns: host', 'linux namespaces', namespaces({ type: 'pid' }));
test(makes, 'pid: ""', 'linux namespaces', namespaces(), '{"pid": "host"}');

test(makes, 'binds: ["/a:/b:rshared,rbind"]', 'mounts 0 options', ['rshared', 'rbind', 'rbind']);
test(makes, 'binds: ["/a:/b:bind"]', 'mounts 0 options', ['bind', 'rbind']);
test(makes, 'binds: ["/a:/b:"]', 'mounts 0 options', ['', 'rbind']);
test(makes, 'tmpfs: ["/a:"]', 'mounts 0', {
	destination: '/a',
	type: 'tmpfs',
	source: 'tmpfs',
	options: [''],
});
test(makes, 'tmpfs: [a]', 'mounts 5', { destination: 'a', type: 'tmpfs', source: 'tmpfs' });
test(makes, 'mounts: [{type: "", source: mqueue, destination: ""}]', 'mounts 1', {
	destination: '/dev/mqueue',
	type: 'mqueue',
	source: 'mqueue',
});
test(makes, 'mounts: [{type: ext4, source: "", destination: /a}]', 'mounts 0', {
	destination: '/a',
	type: 'ext4',
	source: 'ext4',
});
test(makes, 'mounts: [{destination: /dev, source: udev}]', 'mounts 0', {
	destination: '/dev',
	type: 'tmpfs',
	source: 'udev',
});
test(makes, 'mounts: [{destination: /a, type: x, uidmappings: [{size: 2, hostID: 1}]}]', 'mounts 0', {
	destination: '/a',
	type: 'x',
	source: 'x',
	uidMappings: [{ containerID: 0, hostID: 1, size: 2 }],
});
test(makes, 'uidMappings: [{size: 2, hostID: 1}]', 'linux uidMappings', [
	{ containerID: 0, hostID: 1, size: 2 },
]);

test(makes, 'capabilities.add: [all], binds.add: []', 'process capabilities ambient', undefined);
test(makes, 'capabilities: [CAP_KILL, CAP_KILL], ambient: [None]', 'process capabilities', {
	bounding: ['CAP_KILL'],
	effective: ['CAP_KILL', 'CAP_KILL'],
	inheritable: ['CAP_KILL'],
	permitted: ['CAP_KILL'],
});
test(
	makes,
	'rootfsPropagation: "", cgroupsPath: ""',
	'linux rootfsPropagation',
	undefined,
	'{"rootfsPropagation": "x"}',
);
test(makes, 'annotations: {}', 'annotations', undefined, '{"annotations": {"a": "b"}}');
test(makes, 'uid: s, additionalGids: [s, root, ""]', 'process user', {
	uid: 100,
	gid: 0,
	additionalGids: [100, 0, 0],
});
test(makes, 'rlimits: ["rlimit_as, unlimited, 007"]', 'process rlimits', [
	{ type: 'RLIMIT_AS', hard: 7, soft: 2 ** 64 },
]);

test('containerBundle() leaves empty texts out of runtime.json', (t) => {
	const { runtime } = bundle(
		'readonly: true, runtime: {interfaces: [{name: "", peer: p}], mounts: [{type: "", source: "", options: []}]}',
	);
	t.deepEqual(runtime.interfaces, [{ peer: 'p', createInRoot: false }]);
	t.deepEqual(runtime.mounts[1], { destination: '' });
});

test("containerBundle() lets an empty text of `runtime` go before the label's", (t) => {
	const label = labelled('{"runtime": {"namespace": "n", "bindNS": {"net": "/n", "pid": "/p"}}}');
	const { runtime } = bundle('runtime: {namespace: "", bindNS: {net: ""}}', label);
	t.is(runtime.namespace, '');
	t.like(runtime.bindNS, { net: '', pid: '/p' });
});

test('containerBundle() takes an image that says nothing', (t) => {
	const nothing = { Entrypoint: null, Cmd: null, Env: null, WorkingDir: '', Labels: null };
	const { process } = bundle('net: ""', nothing as unknown as ImageDefaultsJson).spec;
	t.is(process.cwd, '/');
	t.is(process.args, undefined as never);
	t.false('env' in process);
});

test('bundleJson() writes letters of HTML and JavaScript as Go does', (t) => {
	const { spec } = bundle('env: ["A=<&>\\u2028\\u2029/"]');
	t.regex(bundleJson(spec), /"A=\\u003c\\u0026\\u003e\\u2028\\u2029\/"/);
});

const refuses = test.macro({
	exec(t, keys: string, label: string, expected: RegExp) {
		t.regex(t.throws(() => bundle(keys, labelled(label)), { instanceOf: ConfigError }).message, expected);
	},
	title: (_, keys, label) => `containerBundle() refuses ${keys} with the label ${label}`,
});

test(
	refuses,
	'capabilities.add: [CAP_KILL]',
	'{"capabilities": ["all"]}',
	/^a\.yml:1:12: capabilities with the label org\.mobyproject\.config of i: "all" stands alone/,
);
test(
	refuses,
	'cwd: /',
	'{"uid": "nobody"}',
	/^a\.yml:1:12: user with the label .+ "nobody" is neither a number nor/,
);
test(refuses, 'cwd: /', '{"gid": "7"}', /"7" in quotes is the name of a container/);
test(refuses, 'cwd: /', ' ', /^label org\.mobyproject\.config of i:1:1: The (label|file) is empty/);
test(refuses, 'cwd: /', 'null', /the label: expected a map, found nothing/);
test(refuses, 'cwd: /', '"x"', /the label: expected a map, found "x"/);
test(refuses, 'cwd: /', '{"readonly": "true"}', /readonly: expected true or false, found "true"/);
test(refuses, 'cwd: /', '{"image": "x"}', /Unknown key "image" in the label/);
test(refuses, 'cwd: /', '{"binds": [":/x"]}', /lacks a path/);
