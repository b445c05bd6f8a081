import test from 'ava';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import type { ContainerConfig } from '../../../../tools/config/system-config.ts';
import { withVolumeFolders } from '../../../../tools/config/volumes.ts';
import { problemsOf } from '../../../helpers/config-problems.ts';

const uses = test.macro({
	exec(t, container: string, expected: RegExp) {
		const volumes = 'volumes: [{name: data}, {name: fixed, readonly: true}]';
		t.regex(problemsOf(`${volumes}\nservices: [{name: s, image: i, ${container}}]\n`), expected);
	},
	title: (_, container) => `volumeProblems() of {${container}}`,
});

test(uses, 'binds: ["data:/x"]', /^$/);
test(uses, 'binds: ["data:/x:ro"]', /^$/);
test(uses, 'binds: ["/etc:/x"]', /^$/);
test(uses, 'binds: ["fixed:/x:ro"]', /^$/);
test(uses, 'binds: ["fixed:/x:rbind,ro"]', /^$/);
test(uses, 'mounts: [{type: bind, source: fixed, destination: /x, options: [ro]}]', /^$/);
test(uses, 'mounts: [{type: tmpfs, source: tmpfs, destination: /x}]', /^$/);
test(
	uses,
	'binds: ["dat:/x"]',
	/a\.yml:2:40: s: there is no volume "dat" for "dat:\/x"\. Did you mean "data"\?/,
);
test(
	uses,
	'binds.add: ["etc/x:/x"]',
	/there is no volume "etc\/x" for "etc\/x:\/x"\. A path begins with "\/"/,
);
test(uses, 'mounts: [{type: bind, source: x, destination: /y}]', /there is no volume "x" for "x:\/y"/);
test(uses, 'binds: ["fixed:/x"]', /the volume fixed is read-only, but "fixed:\/x" would write/);
test(uses, 'binds.add: ["fixed:/x:rw"]', /the volume fixed is read-only/);
test(uses, 'mounts: [{type: bind, source: fixed, destination: /x, options: [ro, rw]}]', /is read-only/);

const volume = test.macro({
	exec(t, keys: string, expected: RegExp) {
		t.regex(problemsOf(`volumes: [{name: v, ${keys}}]\n`), expected);
	},
	title: (_, keys) => `loadConfig() of the volume {${keys}}`,
});

test(volume, 'readonly: true', /^$/);
test(volume, 'image: a, format: filesystem', /^$/);
test(volume, 'image: a, format: oci, platforms: [linux/amd64, linux/arm64]', /^$/);
test(
	volume,
	'image: a, format: ext4',
	/format: "ext4" is not a format of a volume\. Expected filesystem or oci/,
);
test(volume, 'image: ""', /^$/);
test(volume, 'image: "", format: oci', /needs an image/);
test(volume, 'format: oci', /a volume with "format: oci" needs an image/);
test(volume, 'image: a, platforms: [linux/amd64]', /platforms go with "format: oci" only/);
test(volume, 'image: a, format: oci, platforms: [amd64]', /platforms: "amd64" is not a platform/);
test(volume, 'image: UPPER', /is not an image reference/);

test('loadConfig() reports problems of volumes and order together with the others', (t) => {
	const service = '{name: s, image: i, binds: ["gone:/x", "nocolon"], after: [nobody], readonly: maybe}';
	const message = problemsOf(`services:\n  - ${service}\n  - {image: i, command: 7}\n`);
	t.regex(message, /there is no volume "gone"/);
	t.regex(message, /there is no service "nobody"/);
	t.regex(message, /"nocolon" has no ":"/);
	t.regex(message, /readonly: expected true or false/);
	t.regex(message, /a\.yml:3:5: services: the key "name" is missing/);
});

test('loadConfig() refuses two volumes with the same name, also in two files', (t) => {
	t.regex(problemsOf('volumes: [{name: v}, {name: v}]\n'), /there are two with the name "v"/);
	const one = { name: 'a.yml', text: 'volumes: [{name: v}]\n' };
	t.throws(() => loadConfig([one, { ...one, name: 'b.yml' }]), {
		message: /^b\.yml:1:18: volumes: there are two with the name "v"/,
	});
});

test('withVolumeFolders() replaces names by directories', (t) => {
	const container: ContainerConfig = {
		name: 's',
		image: 'i',
		at: { file: 'a.yml', line: 1, column: 1 },
		binds: ['v:/x', '/etc:/etc', 'v:/y:ro'],
		'binds.add': ['v:/z'],
		mounts: [
			{ type: 'bind', source: 'v', destination: '/m' },
			{ type: 'tmpfs', source: 'tmpfs', destination: '/t' },
		],
	};
	const merged = '/containers/volumes/v/merged';
	t.like(withVolumeFolders(container), {
		binds: [`${merged}:/x`, '/etc:/etc', `${merged}:/y:ro`],
		'binds.add': [`${merged}:/z`],
		mounts: [
			{ type: 'bind', source: merged, destination: '/m' },
			{ type: 'tmpfs', source: 'tmpfs', destination: '/t' },
		],
	});
	const { binds: _, 'binds.add': __, mounts: ___, ...bare } = container;
	t.deepEqual(withVolumeFolders(bare), bare);
});
