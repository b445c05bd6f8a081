import test from 'ava';
import { mediaTypes } from '../../../../tools/images/descriptor.ts';
import { parseIndex, parseManifest } from '../../../../tools/images/manifest.ts';

const blob = { mediaType: mediaTypes.layer, digest: `sha256:${'a'.repeat(64)}`, size: 1 };
const manifest = { config: blob, layers: [blob] };
const index = {
	manifests: [{ ...blob, platform: { os: 'linux', architecture: 'arm', variant: 'v7', x: 1 } }],
};

test('parseIndex() keeps the variant of a platform', (t) => {
	t.deepEqual(parseIndex(index, 'x')[0]?.platform, { os: 'linux', architecture: 'arm', variant: 'v7' });
});

test('parseManifest() and parseIndex() refuse a document that is both: CVE-2021-41190', (t) => {
	const both = { ...manifest, ...index };
	t.throws(() => parseManifest(both, 'x'), { code: 'BAD_IMAGE', message: /manifest and an index at once/ });
	t.throws(() => parseIndex(both, 'x'), { code: 'BAD_IMAGE', message: /index and a manifest at once/ });
});

const refuses = test.macro({
	exec(t, change: object) {
		t.throws(() => parseManifest({ config: blob, layers: [{ ...blob, ...change }] }, 'x'));
	},
	title: (_, change: object) => `parseManifest() refuses a layer with ${JSON.stringify(change)}`,
});

test(refuses, { size: -1 });
test(refuses, { size: 1.5 });
test(refuses, { size: '1' });
test(refuses, { digest: 'sha256:../../x' });
test(refuses, { mediaType: 7 });
