import { existsSync, globSync, readFileSync } from 'node:fs';
import test from 'ava';
import type { ImageDefaultsJson } from '../../../../supervisor/image/image-config.ts';
import { ConfigError } from '../../../../tools/config/config-error.ts';
import { containerIds } from '../../../../tools/config/container-ids.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { containerBundle } from '../../../../tools/system/bundle/bundle.ts';
import { problemsOf } from '../../../helpers/config-problems.ts';

/** Wrong only when the build looks for a file or an image; tested with the build. */
const wrongLater: ReadonlySet<string> = new Set(['file-missing', 'image-digestless']);

const rejected = test.macro({
	exec(t, folder: string) {
		const name = `${folder}/service.yml`;
		const error = t.throws(
			() => {
				const config = loadConfig([{ name, text: readFileSync(name, 'utf8') }]);
				// The label's mistakes show when the bundle is made.
				const imageConfig = `${folder}/image-config.json`;
				const image = (
					existsSync(imageConfig) ? JSON.parse(readFileSync(imageConfig, 'utf8')) : {}
				) as ImageDefaultsJson;
				for (const [index, container] of config.services.entries()) {
					const ids = containerIds(config);
					containerBundle({
						section: 'services',
						index,
						container,
						image,
						architecture: 'amd64',
						ids,
						sharedImage: null,
						userBase: 0,
					});
				}
			},
			{ instanceOf: ConfigError },
		);
		for (const line of error.message.split('\n').filter((each) => !each.startsWith('  '))) {
			t.regex(line, /^(test\/golden\/errors\/.*|label .*):\d+:\d+: .+[.?]$/);
		}
	},
	title: (_, folder: string) => `loadConfig() refuses what LinuxKit refuses: ${folder.split('/').at(-1)}`,
});

for (const folder of globSync('test/golden/errors/*').sort()) {
	if (!wrongLater.has(folder.split('/').at(-1) ?? '')) test(rejected, folder);
}

test('loadConfig() reports all errors at once, each with position, line and caret', (t) => {
	const message = problemsOf('services:\n  - name: a\n    imag: x\n    capabilities: all\nfoo: 1\n');
	t.is(
		message,
		[
			'a.yml:3:5: Unknown key "imag" in services. Did you mean "image"?',
			'      imag: x',
			'      ^',
			'a.yml:4:19: capabilities: expected a list, found "all". Did you mean ["all"]?',
			'      capabilities: all',
			'                    ^',
			'a.yml:2:5: services: the key "image" is missing.',
			'    - name: a',
			'      ^',
			'a.yml:5:1: Unknown key "foo" in the file. Known keys: kernel, init, onboot, onshutdown, services, defaults, files, volumes, networks, trust, outputs.',
			'  foo: 1',
			'  ^',
		].join('\n'),
	);
});

test('loadConfig() asks for quotes around a mode', (t) => {
	t.regex(
		problemsOf('files:\n  - {path: x, contents: "", mode: 0644}\n'),
		/mode: expected a text, found 0644\. Put it in quotes/,
	);
});

test('loadConfig() refuses a path that leads out of the root', (t) => {
	t.regex(problemsOf('files:\n  - {path: a/../../b, contents: ""}\n'), /goes back up by "\.\."/);
});

test('loadConfig() merges several files', (t) => {
	const config = loadConfig([
		{ name: 'a.yml', text: 'kernel: {image: k, cmdline: a}\ninit: [i]\n' },
		{ name: 'b.yml', text: 'kernel: {cmdline: b}\n' + 'init: [j]\n' },
	]);
	t.like(config.kernel, { image: 'k', cmdline: 'b' });
	t.deepEqual(
		config.init.map((each) => each.image),
		['i', 'j'],
	);
});

test('loadConfig() gives each service the limits of defaults that it does not set itself', (t) => {
	const config = loadConfig([
		{
			name: 'a.yml',
			text: [
				'onboot: [{name: o, image: i}]',
				'services: [{name: a, image: i}, {name: b, image: i, resources: {pids: {limit: -1}}}]',
				'defaults: {resources: {pids: {limit: 9}, cpu: {shares: 512}}}',
			].join('\n'),
		},
		{ name: 'b.yml', text: 'services: [{name: c, image: i}]\ndefaults: {resources: {pids: {limit: 7}}}\n' },
	]);
	t.deepEqual(
		config.services.map(({ resources }) => resources),
		[
			{ pids: { limit: 7 }, cpu: { shares: 512 } },
			{ pids: { limit: -1 }, cpu: { shares: 512 } },
			{ pids: { limit: 7 }, cpu: { shares: 512 } },
		],
	);
	t.is(config.onboot[0]?.resources, undefined);
});

test('loadConfig() gives each service the profile of AppArmor that it does not name itself', (t) => {
	const config = loadConfig([
		{
			name: 'a.yml',
			text: [
				'onboot: [{name: o, image: i}]',
				'services: [{name: a, image: i}, {name: b, image: i, apparmor: unconfined}]',
				'defaults: {apparmor: default}',
			].join('\n'),
		},
		{ name: 'b.yml', text: 'services: [{name: c, image: i}]\ndefaults: {resources: {pids: {limit: 7}}}\n' },
	]);
	t.deepEqual(
		config.services.map(({ apparmor }) => apparmor),
		['default', 'unconfined', 'default'],
	);
	t.is(config.onboot[0]?.apparmor, undefined);
	t.regex(
		problemsOf('services: [{name: a, image: i, apparmor: mine}]\n'),
		/"mine" is unknown\. Expected default or unconfined/,
	);
});

test('loadConfig() refuses other keys in defaults, and shows wrong ones', (t) => {
	t.regex(problemsOf('defaults: {restart: no}\n'), /^a\.yml:1:12: Unknown key "restart" in defaults\./);
	t.regex(
		problemsOf('defaults:\n  resources:\n    pids: {limit: many}\n'),
		/^a\.yml:3:19: limit: expected a whole number/,
	);
});

test('loadConfig() names a service that two files have', (t) => {
	const error = t.throws(() =>
		loadConfig([
			{ name: 'a.yml', text: 'services: [{name: s, image: i}]\n' },
			{ name: 'b.yml', text: 'services: [{name: s, image: i}]\n' },
		]),
	);
	t.regex(
		error?.message ?? '',
		/^b\.yml:1:19: services: there are two with the name "s"; the other one is in a\.yml:1, and files/,
	);
});

test('loadConfig() accepts the YAML of the 2017 documents', (t) => {
	const text = 'kernel: {image: k}\ntrust: {org: [linuxkit]}\noutputs: [{format: kernel+initrd}]\n';
	t.deepEqual(loadConfig([{ name: 'a.yml', text }]).outputs, ['kernel+initrd']);
});

test('loadConfig() accepts anchors, aliases and merge keys', (t) => {
	const config = loadConfig([
		{
			name: 'a.yml',
			text: 'services:\n  - &base {name: a, image: i, env: [X=1], net: new}\n  - {<<: *base, name: b, net: host}\n',
		},
	]);
	t.like(config.services[1], { name: 'b', image: 'i', env: ['X=1'], net: 'host' });
});

test('loadConfig() finds a wrong key in a merged map', (t) => {
	const text = 'services:\n  - &base {name: a, image: i, evn: [X=1]}\n';
	t.regex(problemsOf(text), /^a\.yml:2:31: Unknown key "evn" in services\. Did you mean "env"\?/);
});

test('loadConfig() refuses a map that merges itself', (t) => {
	t.regex(problemsOf('services:\n  - &a {name: a, image: i, <<: *a}\n'), /"<<" merges a map into itself/);
});

test('loadConfig() reads a date and a pair of minutes as texts, as LinuxKit does', (t) => {
	const config = loadConfig([
		{ name: 'a.yml', text: 'services:\n  - {name: a, image: i, command: [2017-04-18, 22:22]}\n' },
	]);
	t.deepEqual(config.services[0]?.command, ['2017-04-18', '22:22']);
});

test('loadConfig() refuses a second document', (t) => {
	t.regex(problemsOf('init: [a]\n---\ninit: [b]\n'), /^a\.yml:2:1: A second document begins here/);
});

test('loadConfig() points at the kernel section that names the image', (t) => {
	const config = loadConfig([
		{ name: 'a.yml', text: 'kernel: {image: k}\n' },
		{ name: 'b.yml', text: 'kernel: {cmdline: quiet}\n' },
	]);
	t.is(config.kernel?.at.file, 'a.yml');
});

const wrong = test.macro({
	exec(t, keys: string, expected: RegExp) {
		t.regex(problemsOf(`services:\n  - {name: s, image: i, ${keys}}\n`), expected);
	},
	title: (_, keys) => `loadConfig() refuses ${keys}`,
});

test(wrong, 'rlimits: ["nofil,1,1"]', /a\.yml:2:35: rlimits: "nofil" is not a limit\. Did you mean NOFILE\?/);
test(wrong, 'capabilities: [sys_admin]', /"sys_admin" is not a capability\. Did you mean CAP_SYS_ADMIN\?/);
test(wrong, 'capabilities: [all, CAP_KILL]', /a\.yml:2:39: capabilities: "all" stands alone/);
test(wrong, 'mounts: [{destination: /x}]', /a\.yml:2:34: mounts: the mount on \/x has no type/);
test(wrong, 'mounts: [{type: bind}]', /mounts: the mount of type bind has no destination/);
test(wrong, 'binds: [/a]', /binds: "\/a" has no ":"/);
test(wrong, 'binds: ["a:b:c:d"]', /more than two ":"/);
test(wrong, 'tmpfs: ["/a:b:c"]', /more than one ":"/);
test(wrong, 'uid: nobody', /2:30: uid: "nobody" is neither a number nor the name of a container/);
test(wrong, 'resources: {memory: {limits: 1}}', /Unknown key "limits" in memory\. Did you mean "limit"/);
test(
	wrong,
	'resources: {memory: {limit: 9223372036854775808}}',
	/limit: 9223372036854775808 is out of range\. Expected -9223372036854775808 to 9223372036854775807/,
);
test(wrong, 'resources: []', /resources: expected a map, found a list/);
test(wrong, 'devices: [{path: /dev/x, type: c}]', /devices: a device needs a mode/);
test(wrong, 'sysctl: {a.b: 1}', /sysctl\.a\.b: expected a text, found 1\. Put it in quotes/);
test(wrong, 'readonly: maybe', /readonly: expected true or false, found "maybe"/);

const wrongFile = test.macro({
	exec(t, keys: string, expected: RegExp) {
		t.regex(problemsOf(`files:\n  - {${keys}}\n`), expected);
	},
	title: (_, keys) => `loadConfig() refuses the file {${keys}}`,
});

test(wrongFile, 'path: a', /needs one of contents, source, symlink, metadata/);
test(wrongFile, 'path: a, contents: x, source: y', /one of contents and source, not both/);
test(wrongFile, 'path: a, contents: x, mode: "9"', /mode: "9" is not a mode/);
test(wrongFile, 'path: a, metadata: toml', /metadata is "toml"\. Expected json or yaml/);
test(wrongFile, 'path: /, directory: true', /path: the path is empty/);

test('loadConfig() takes a lone CR as the end of a line, also in a block and for positions', (t) => {
	const text = 'init:\r  - a:1\r  - b:1 # c\rfiles:\r\n  - path: a\r    contents: |\r      x\r      y\r\r';
	const { init, files } = loadConfig([{ name: 'a.yml', text }]);
	t.deepEqual(
		init.map(({ image }) => image),
		['a:1', 'b:1'],
	);
	t.is(files[0]?.contents, 'x\ny\n');
	t.regex(problemsOf('init: []\r\rinitt: []\r'), /^a\.yml:3:1: /);
	t.is(
		loadConfig([{ name: 'a.yml', text: 'files: [{path: a, contents: "x\\ry"}]' }]).files[0]?.contents,
		'x\ry',
	);
});
