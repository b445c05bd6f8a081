import test from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import {
	parseIndex,
	parseManifest,
	requireImage,
	shownMediaType,
} from '../../../../supervisor/image/manifest.ts';

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

for (const layers of [[], null, undefined])
	test(`parseManifest() takes an image whose layers are ${JSON.stringify(layers)}`, (t) => {
		t.deepEqual(parseManifest({ config: blob, layers }, 'x').layers, []);
	});

test('parseManifest() refuses a document with neither layers nor config', (t) => {
	t.throws(() => parseManifest({}, 'x'), { message: 'x has no layers.' });
});

test('requireImage() tells an artifact from an image', (t) => {
	const of = (mediaType: string) => ({ config: { ...blob, mediaType }, layers: [] });
	t.notThrows(() => requireImage(of(mediaTypes.config), 'x'));
	t.notThrows(() => requireImage(of(mediaTypes.dockerConfig), 'x'));
	t.throws(() => requireImage(of('application/vnd.cncf.helm.config.v1+json'), 'x'), {
		message:
			/^x is not an image but an artifact, a Helm chart: its config has the type "application\/vnd\.cncf/,
	});
	t.throws(() => requireImage(of('application/vnd.oci.empty.v1+json'), 'x'), { message: /but an artifact:/ });
});

test('shownMediaType() knows a manifest and an index that a server calls application/json', (t) => {
	t.is(shownMediaType({ schemaVersion: 2, ...manifest }), mediaTypes.manifest);
	t.is(shownMediaType({ schemaVersion: 2, ...index }), mediaTypes.index);
	for (const other of [{ schemaVersion: 1, ...manifest }, { schemaVersion: 2 }, [], null, 'text'])
		t.is(shownMediaType(other), null);
});
