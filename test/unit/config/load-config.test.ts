import { existsSync, globSync, readFileSync } from 'node:fs';
import test from 'ava';
import { containerBundle } from '../../../tools/bundle/bundle.ts';
import { ConfigError } from '../../../tools/config/config-error.ts';
import { containerIds } from '../../../tools/config/container-ids.ts';
import { loadConfig } from '../../../tools/config/load-config.ts';
import { nearestWord } from '../../../tools/config/nearest.ts';
import type { ImageDefaultsJson } from '../../../tools/image/image-config.ts';

/** Wrong only when the build looks for a file or an image; tested with the build. */
const wrongLater: ReadonlySet<string> = new Set(['file-missing', 'image-digestless', 'vol-ro-rw']);

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
					containerBundle({ section: 'services', index, container, image, ids, sharedImage: null });
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

function messageOf(text: string): string {
	try {
		loadConfig([{ name: 'a.yml', text }]);
		return '';
	} catch (error) {
		return (error as Error).message;
	}
}

test('loadConfig() tells all errors at once, each with its place, line and caret', (t) => {
	const message = messageOf('services:\n  - name: a\n    imag: x\n    capabilities: all\nfoo: 1\n');
	t.is(
		message,
		[
			'a.yml:3:5: Unknown key "imag" in services. Did you mean "image"?',
			'      imag: x',
			'      ^',
			'a.yml:4:19: capabilities: expected a list, found "all".',
			'      capabilities: all',
			'                    ^',
			'a.yml:2:5: services: the key "image" is missing.',
			'    - name: a',
			'      ^',
			'a.yml:5:1: Unknown key "foo" in the file. Known keys: kernel, init, onboot, onshutdown, services, volumes, files, trust, outputs.',
			'  foo: 1',
			'  ^',
		].join('\n'),
	);
});

test('loadConfig() asks for quotes round a mode', (t) => {
	t.regex(
		messageOf('files:\n  - {path: x, contents: "", mode: 0644}\n'),
		/mode: expected a text, found 420\. Put it in quotes/,
	);
});

test('loadConfig() refuses a path that leads out of the root', (t) => {
	t.regex(messageOf('files:\n  - {path: a/../../b, contents: ""}\n'), /leads out of the root/);
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

test('loadConfig() names a service that stands in two files', (t) => {
	const error = t.throws(() =>
		loadConfig([
			{ name: 'a.yml', text: 'services: [{name: s, image: i}]\n' },
			{ name: 'b.yml', text: 'services: [{name: s, image: i}]\n' },
		]),
	);
	t.regex(error?.message ?? '', /^b\.yml:1:12: services: there are two with the name "s"/);
});

test('loadConfig() takes the YAML of the 2017 documents', (t) => {
	const text = 'kernel: {image: k}\ntrust: {org: [linuxkit]}\noutputs: [{format: kernel+initrd}]\n';
	t.deepEqual(loadConfig([{ name: 'a.yml', text }]).outputs, ['kernel+initrd']);
});

test('nearestWord() finds a misspelt key and nothing for another word', (t) => {
	t.is(nearestWord('capabilites', ['capabilities', 'command']), 'capabilities');
	t.is(nearestWord('oomscoreadj', ['oomScoreAdj']), 'oomScoreAdj');
	t.is(nearestWord('zebra', ['capabilities', 'command']), null);
});
