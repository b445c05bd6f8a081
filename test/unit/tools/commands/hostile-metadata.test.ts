// An image whose names and texts all try to command a terminal, shown by each command that tells of images and systems.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { main } from '../../../../tools/cli.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, makeTar } from '../../../helpers/tar.ts';

const evil = (word: string): string => `${word}\u001b[2J\u009b31m\u202e\u2028\u2066`;
const unsafe = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const reference = 'docker.io/evil/app:v1';
/** A label is JSON, whose escapes make any character. */
const label = JSON.stringify({
	binds: [`/srv/${evil('a')}:/srv`],
	capabilities: ['CAP_SYS_ADMIN'],
}).replaceAll(
	/[\u007f-\uffff]/g,
	(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
);

test("terminal injection: no command prints an image's control or format characters", async (t) => {
	const folder = scratchFolder(t);
	const store = openImageStore(folder);
	const status = `Package: ${evil('p')}\nStatus: install ok installed\nVersion: ${evil('1')}\nArchitecture: amd64\n\n`;
	const tar = await makeTar([
		{ name: `bin/${evil('app')}`, body: 'x'.repeat(5000), mode: 0o755 },
		{ name: 'var/lib/dpkg/status', body: status },
	]);
	const layer = await store.writeBlob(bytesOf(tar), mediaTypes.layer);
	await store.putImage(reference, {
		config: {
			architecture: 'amd64',
			os: 'linux',
			variant: evil('v2'),
			config: {
				Env: [evil('A=b')],
				Entrypoint: [`/bin/${evil('app')}`],
				Cmd: [evil('c')],
				WorkingDir: evil('/w'),
				User: evil('0'),
				StopSignal: evil('SIGTERM'),
				ExposedPorts: { [evil('80/tcp')]: {} },
				Volumes: { [evil('/v')]: {} },
				Healthcheck: { Test: ['CMD', evil('h')] },
				Labels: { [evil('l')]: evil('v'), 'org.mobyproject.config': label },
			},
		},
		layers: [{ descriptor: layer, diffId: layer.digest }],
	});
	const [small, large] = [join(folder, 'small.yml'), join(folder, 'large.yml')];
	writeFileSync(small, `init: [${reference}]\n`);
	writeFileSync(large, `init: [${reference}]\nservices: [{ name: app, image: "${reference}" }]\n`);
	const commands = [
		['cache ls'],
		['cache ls', '--json'],
		...[reference, small, large].flatMap((what) => [
			['inspect', what],
			['inspect', '--json', what],
		]),
		...[small, large].flatMap((file) => [
			['explain', file],
			['explain', '--json', file],
			['validate', '--images', file],
			['validate', '--images', '--json', file],
			['build', '--explain-privileges', '--format', 'tar', '--dir', folder, file],
		]),
		['diff', small, large],
		['diff', '--json', small, large],
		['cache prune', '--json'],
		['cache rm', reference],
	];
	const shown: string[] = [];
	for (const [name = '', ...words] of commands) {
		const offline = /^(?:cache|validate)/.test(name) ? [] : ['--offline'];
		const { out, err } = await runCommand(
			{ run: main },
			...name.split(' '),
			'--cache',
			folder,
			...offline,
			...words,
		);
		t.notRegex(out + err, unsafe, [name, ...words].join(' '));
		if (/\[2J/.test(out + err)) shown.push(name);
	}
	// The texts have come as far as they can.
	t.deepEqual([...new Set(shown)], ['cache ls', 'inspect', 'explain', 'build', 'validate', 'diff']);
});
