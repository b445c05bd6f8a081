import { globSync, readFileSync } from 'node:fs';
import test from 'ava';
import { parse } from 'yaml';
import { findingsOf, linesOf, program } from './system-of.ts';

/** The cases have no images, only their configurations. */
const ofFixtures = ['command', 'user', 'volume', 'port', 'healthcheck'];

interface Case {
	readonly onboot?: readonly { readonly image: string }[];
	readonly onshutdown?: readonly { readonly image: string }[];
	readonly services?: readonly { readonly image: string }[];
	readonly volumes?: readonly { readonly image?: string }[];
	readonly init?: readonly string[];
	readonly kernel?: { readonly image?: string };
}

for (const folder of globSync('test/golden/cases/*').sort()) {
	const name = folder.split('/').at(-1) ?? '';
	test(`checkImages() has no false alarm about LinuxKit's case ${name}`, async (t) => {
		const [file = ''] = globSync(`${folder}/*.yml`);
		const yaml = readFileSync(file, 'utf8');
		const {
			onboot = [],
			onshutdown = [],
			services = [],
			volumes = [],
			init = [],
			kernel,
		} = parse(yaml) as Case;
		const names = [...onboot, ...onshutdown, ...services, ...volumes].flatMap(({ image = '' }) =>
			image === '' ? [] : image,
		);
		const images = Object.fromEntries(
			[...names, ...init, ...((kernel?.image ?? '') === '' ? [] : [kernel?.image])].map((image) => [
				image,
				{
					members: [
						program('init'),
						program('usr/bin/runc'),
						program('usr/bin/containerd'),
						{ name: 'kernel', body: 'k' },
					],
				},
			]),
		);
		const found = linesOf(await findingsOf(t, yaml, images, ofFixtures));
		// In these cases nothing makes the namespace, indeed.
		const expected = /^(?:net|ipc|pid|uts)-run_/.test(name) ? 1 : 0;
		t.is(found.length, expected, found.join('\n'));
	});
}
