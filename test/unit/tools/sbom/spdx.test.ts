import test from 'ava';
import { spdxDocument } from '../../../../tools/sbom/spdx.ts';
import type { SystemImage } from '../../../../tools/sbom/system-contents.ts';
import { spdxProblems } from './spdx-rules.ts';

const options = { name: 'my os', version: '1.2', createdSeconds: 86_400 };

const libc = {
	name: 'libc6',
	version: '2.36-9+b1',
	purl: 'pkg:deb/debian/libc6@2.36-9%2Bb1?arch=amd64',
	checksum: { algorithm: 'SHA256', value: 'c'.repeat(64) } as const,
};
const image = (name: string, digit: string, software: SystemImage['software']): SystemImage => ({
	name: `docker.io/${name}`,
	tag: 'v1',
	digest: `sha256:${digit.repeat(64)}`,
	software,
	purl: `pkg:oci/${name}@sha256%3A${digit.repeat(64)}`,
});
const own = { name: 'slipway', version: '1', purl: 'pkg:generic/slipway@1' };

test('spdxDocument() is what SPDX 2.3 asks for', (t) => {
	const images = [image('a', 'a', [libc, own]), image('b', 'b', [libc]), image('c', 'e', null)];
	t.deepEqual(spdxProblems(spdxDocument(images, options)), []);
	t.deepEqual(spdxProblems(spdxDocument([], options)), []);
});

test('spdxDocument() describes the system, which contains images, which contain packages', (t) => {
	const { name, creationInfo, packages, relationships } = spdxDocument(
		[image('a', 'a', [libc, own]), image('b', 'b', [libc])],
		options,
	);
	t.deepEqual(
		{ name, creationInfo },
		{
			name: 'my os',
			creationInfo: { created: '1970-01-02T00:00:00Z', creators: ['Tool: slipway-1.2'] },
		},
	);
	t.deepEqual(
		relationships.map((each) => `${each.spdxElementId} ${each.relationshipType} ${each.relatedSpdxElement}`),
		[
			'SPDXRef-DOCUMENT DESCRIBES SPDXRef-System',
			'SPDXRef-System CONTAINS SPDXRef-Image-docker.io-a-v1',
			'SPDXRef-Image-docker.io-a-v1 CONTAINS SPDXRef-Package-libc6-2.36-9-b1',
			'SPDXRef-Image-docker.io-a-v1 CONTAINS SPDXRef-Package-slipway-1',
			'SPDXRef-System CONTAINS SPDXRef-Image-docker.io-b-v1',
			'SPDXRef-Image-docker.io-b-v1 CONTAINS SPDXRef-Package-libc6-2.36-9-b1',
		],
	);
	t.like(
		packages.find((each) => each.name === 'libc6'),
		{
			versionInfo: '2.36-9+b1',
			supplier: 'Organization: Debian',
			checksums: [{ algorithm: 'SHA256', checksumValue: 'c'.repeat(64) }],
			externalRefs: [
				{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: libc.purl },
			],
		},
	);
});

test('spdxDocument() says of an image of another builder that its contents are not known', (t) => {
	const { packages } = spdxDocument([image('a', 'a', null)], options);
	t.like(packages[1], { name: 'docker.io/a', filesAnalyzed: false });
	t.regex(JSON.stringify(packages[1]), /What is in this image is not known/);
});

test('spdxDocument() tells apart names that identifiers write alike', (t) => {
	const document = spdxDocument([image('a/b-c', 'a', []), image('a-b/c', 'a', [])], options);
	t.deepEqual(spdxProblems(document), []);
	t.deepEqual(
		document.packages.map((each) => each.SPDXID),
		['SPDXRef-System', 'SPDXRef-Image-docker.io-a-b-c-v1', 'SPDXRef-Image-docker.io-a-b-c-v1-2'],
	);
});

test('spdxDocument() has a namespace of its own for each content', (t) => {
	const of = (digit: string) => spdxDocument([image('a', digit, [])], options).documentNamespace;
	t.is(of('a'), of('a'));
	t.not(of('a'), of('b'));
	t.regex(of('a'), /^https:\/\/spdx\.org\/spdxdocs\/my%20os-[0-9a-f]{64}$/);
});
