// Names of images, platforms, mirrors and proxies: what a user or an environment writes in one line.

import { formatPlatform, parsePlatform, platformRank } from '../../../supervisor/image/platform.ts';
import { formatReference, parseReference } from '../../../tools/images/reference.ts';
import { endpointsOf, parseMirror } from '../../../tools/registry/endpoint.ts';
import { proxyFor } from '../../../tools/registry/proxy.ts';
import { isNamed } from '../../../tools/resolve/image-trust.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';

const digest = `sha256:${'a'.repeat(64)}`;

export const target: FuzzTarget = {
	seeds: [
		`docker.io/library/redis:7@${digest}`,
		'localhost:5000/a/b__c',
		'[2001:db8::1]:5000/x:y',
		'linux/arm/v7',
		'docker.io=https://mirror.example:5000/path',
		'a.com, 10.0.0.0/8, [::1]:80, *.x, .y, 2001:db8::/32',
	],
	words: ['/', ':', '@', '.', '-', '__', digest, 'index.docker.io', 'localhost', '::', 'linux/'],
	declares: isForUser,
	run(input) {
		const text = input.toString('utf8');
		const platform = parsePlatform(text);
		if (platform !== null) checkPlatform(formatPlatform(platform));
		const proxy = proxyFor({ NO_PROXY: text, HTTPS_PROXY: 'http://p:1' });
		for (const url of ['https://a.com/', 'https://[::1]/', 'https://10.1.2.3:80/']) proxy(new URL(url));
		for (const parse of [checkReference, checkMirror]) {
			try {
				parse(text);
			} catch (error) {
				if (!isForUser(error)) throw error;
			}
		}
	},
};

function checkPlatform(text: string): void {
	const again = parsePlatform(text);
	if (again === null || formatPlatform(again) !== text) throw new Violation(`platform ${text}`);
	if (platformRank(again, again) !== 0) throw new Violation(`${text} does not run on itself`);
}

function checkReference(text: string): void {
	const canonical = formatReference(parseReference(text));
	if (formatReference(parseReference(canonical)) !== canonical) throw new Violation(`reference ${canonical}`);
	if (/[\s\p{C}]|\.\.\//u.test(canonical)) throw new Violation(`characters of ${JSON.stringify(canonical)}`);
	if (!isNamed(text, canonical)) throw new Violation(`${canonical} does not name itself`);
}

function checkMirror(text: string): void {
	const reference = parseReference('docker.io/library/redis:7');
	for (const { origin } of endpointsOf(reference, [parseMirror(text)])) new URL(origin);
}
