import test from 'ava';
import { purl } from '../../../../tools/sbom/purl.ts';

const gives = test.macro({
	exec(t, parts: Parameters<typeof purl>, expected: string) {
		t.is(purl(...parts), expected);
	},
	title: (_, parts: Parameters<typeof purl>) => `purl() of ${parts.slice(0, 4).join(' ')}`,
});

// The forms of the purl specification's examples.
test(
	gives,
	['deb', 'debian', 'curl', '7.50.3-1', { arch: 'i386' }],
	'pkg:deb/debian/curl@7.50.3-1?arch=i386',
);
test(gives, ['deb', 'debian', 'attr', '1:2.4.47-2+b1', {}], 'pkg:deb/debian/attr@1:2.4.47-2%2Bb1');
test(gives, ['deb', 'debian', 'libstdc++6', '12~rc1', { arch: '' }], 'pkg:deb/debian/libstdc%2B%2B6@12~rc1');
test(gives, ['npm', '@angular', 'animation', '12.3.1'], 'pkg:npm/%40angular/animation@12.3.1');
test(
	gives,
	[
		'oci',
		'',
		'debian',
		'sha256:244f',
		{ tag: 'latest', repository_url: 'localhost:5000/a/debian', arch: 'amd64' },
	],
	'pkg:oci/debian@sha256%3A244f?arch=amd64&repository_url=localhost:5000/a/debian&tag=latest',
);
