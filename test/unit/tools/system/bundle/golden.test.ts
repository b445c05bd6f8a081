// Bundles against LinuxKit's own: each folder of test/golden/cases holds a YAML, the image's configuration and the
// `config.json` and `runtime.json` that LinuxKit made of them.

import { existsSync, globSync, readFileSync } from 'node:fs';
import test from 'ava';
import type { ImageDefaultsJson } from '../../../../../supervisor/image/image-config.ts';
import { containerIds } from '../../../../../tools/config/container-ids.ts';
import { loadConfig } from '../../../../../tools/config/load-config.ts';
import { containerBundle, type Section } from '../../../../../tools/system/bundle/bundle.ts';
import { bundleJson } from '../../../../../tools/system/bundle/bundle-json.ts';
import { withoutConfinement } from '../../../../helpers/without-confinement.ts';

/** Cases in which LinuxKit has a fault that slipway does not copy. */
const different: ReadonlySet<string> = new Set([
	'resources-mixedcase-keys', // LinuxKit's YAML reader drops the keys in camelCase; we keep them
]);

/** The second image of the case `multi-sections`. */
const otherImage: ImageDefaultsJson = { Entrypoint: ['/app'] };

const sections: readonly Section[] = ['onboot', 'onshutdown', 'services'];

function bundlesOf(folder: string) {
	const config = loadConfig([{ name: 'service.yml', text: readFileSync(`${folder}/service.yml`, 'utf8') }]);
	const image = JSON.parse(readFileSync(`${folder}/image-config.json`, 'utf8')) as ImageDefaultsJson;
	const ids = containerIds(config);
	const first = new Map<string, string>();
	return sections.flatMap((section) =>
		config[section].map((container, index) => {
			const sharedImage = first.get(container.image) ?? null;
			const used = container.image === 'lkbase/other:v1' ? otherImage : image;
			const bundle = containerBundle({
				section,
				index,
				container,
				image: used,
				architecture: 'amd64',
				ids,
				sharedImage,
				userBase: 655_360,
			});
			first.set(container.image, bundle.imagePath);
			return bundle;
		}),
	);
}

const golden = test.macro({
	exec(t, folder: string) {
		for (const bundle of bundlesOf(folder)) {
			const several = `${folder}/${bundle.directory}`;
			const place = existsSync(several) ? several : folder;
			const theirSpec = readFileSync(`${place}/config.json`, 'utf8');
			const compare = (file: string, ours: string, theirs: string): void => {
				t.deepEqual(JSON.parse(ours), JSON.parse(theirs), `${bundle.directory}/${file}`);
				t.is(ours, theirs.trimEnd(), `${bundle.directory}/${file}: the same text`);
			};
			compare('config.json', bundleJson(withoutConfinement(bundle.spec, JSON.parse(theirSpec))), theirSpec);
			compare('runtime.json', bundleJson(bundle.runtime), readFileSync(`${place}/runtime.json`, 'utf8'));
		}
	},
	title: (_, folder: string) => `containerBundle() like LinuxKit: ${folder.split('/').at(-1)}`,
});

for (const folder of globSync('test/golden/cases/*').sort()) {
	if (!different.has(folder.split('/').at(-1) ?? '')) test(golden, folder);
}

test('containerBundle() keeps the keys of resources that LinuxKit drops', (t) => {
	const [bundle] = bundlesOf('test/golden/cases/resources-mixedcase-keys');
	t.like(bundle?.spec.linux?.['resources'], {
		memory: { limit: 1000000, kernel: 2000, kernelTCP: 3000, disableOOMKiller: true },
		cpu: { realtimeRuntime: 10, realtimePeriod: 20 },
		blockIO: { weight: 100, leafWeight: 200 },
		hugepageLimits: [{ pageSize: '2MB', limit: 9223372036854772000n }],
	});
});
