// Documents of images: manifest, index and configuration, as a registry or an archive has them.

import { parseImageConfig } from '../../../supervisor/image/image-config.ts';
import {
	parseIndex,
	parseManifest,
	requireImage,
	shownMediaType,
} from '../../../supervisor/image/manifest.ts';
import { bestManifest, imageManifests } from '../../../supervisor/image/platform.ts';
import type { FuzzTarget } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';
import { jsonWords } from '../support/json-words.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const entry = `{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${digest}","size":1,"platform":{"os":"linux","architecture":"arm","variant":"v7"},"annotations":{"a":"b"}}`;

export const target: FuzzTarget = {
	seeds: [
		`{"schemaVersion":2,"manifests":[${entry},${entry.replace('manifest.v1', 'index.v1').replace('arm', 'amd64')}]}`,
		`{"schemaVersion":2,"config":{"mediaType":"x","digest":"${digest}","size":1},"layers":[${entry}]}`,
		'{"architecture":"a","os":"b","config":{"Env":["a"],"Labels":{"__proto__":"x"},"User":"a"},"rootfs":{"diff_ids":["x"]}}',
	],
	words: [...jsonWords, digest, entry],
	declares: isForUser,
	async run(input) {
		let value: unknown;
		try {
			value = JSON.parse(input.toString('utf8'));
		} catch {
			return;
		}
		shownMediaType(value);
		for (const parse of [checkConfig, checkManifest, checkIndex]) {
			try {
				await parse(value);
			} catch (error) {
				if (!isForUser(error)) throw error;
			}
		}
	},
};

function checkConfig(value: unknown): void {
	parseImageConfig(value, 'x');
}

function checkManifest(value: unknown): void {
	requireImage(parseManifest(value, 'x'), 'x');
}

async function checkIndex(value: unknown): Promise<void> {
	const entries = parseIndex(value, 'x');
	const manifests = await imageManifests(entries, async () => entries);
	bestManifest(manifests, { os: 'linux', architecture: 'arm64', variant: 'v9' });
}
