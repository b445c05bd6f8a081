import test from 'ava';
import { type Descriptor, mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import {
	bestManifest,
	formatPlatform,
	imageManifests,
	parsePlatform,
	platformRank,
} from '../../../../supervisor/image/platform.ts';

const normalizes = test.macro({
	exec(t, text: string, expected: string | null) {
		const platform = parsePlatform(text);
		t.is(platform === null ? null : formatPlatform(platform), expected);
	},
	title: (_, text: string) => `parsePlatform() of "${text}"`,
});

test(normalizes, 'linux/amd64', 'linux/amd64');
test(normalizes, 'linux/x86_64', 'linux/amd64');
test(normalizes, 'Linux/AMD64/v1', 'linux/amd64');
test(normalizes, 'linux/amd64/v3', 'linux/amd64/v3');
test(normalizes, 'linux/i386', 'linux/386');
test(normalizes, 'linux/aarch64', 'linux/arm64');
test(normalizes, 'linux/arm64/v8', 'linux/arm64');
test(normalizes, 'linux/arm64/v9', 'linux/arm64/v9');
test(normalizes, 'linux/arm', 'linux/arm/v7');
test(normalizes, 'linux/arm/6', 'linux/arm/v6');
test(normalizes, 'linux/armhf', 'linux/arm/v7');
test(normalizes, 'linux/armel', 'linux/arm/v6');
test(normalizes, 'linux/riscv64', 'linux/riscv64');
for (const text of ['', 'amd64', 'linux/', 'linux/arm/v7/x', 'linux/a b', '/amd64'])
	test(normalizes, text, null);

const chooses = test.macro({
	exec(t, wanted: string, offered: readonly string[], expected: string | null) {
		const platform = parsePlatform(wanted);
		if (platform === null) throw new Error(wanted);
		const manifests = offered.map((each, index): Descriptor => {
			const [os = '', architecture = '', variant] = each.split('/');
			return {
				mediaType: mediaTypes.manifest,
				digest: `sha256:${String(index).repeat(64)}`,
				size: 1,
				...(each === '-'
					? {}
					: { platform: { os, architecture, ...(variant === undefined ? {} : { variant }) } }),
			};
		});
		const best = bestManifest(manifests, platform);
		t.is(best === undefined ? null : (offered[manifests.indexOf(best)] ?? null), expected);
	},
	title: (_, wanted: string, offered: readonly string[]) =>
		`bestManifest() for ${wanted} of ${offered.join(', ')}`,
});

const debian = [
	'linux/386',
	'linux/amd64',
	'linux/arm/v5',
	'linux/arm/v7',
	'linux/arm64/v8',
	'unknown/unknown',
];
test(chooses, 'linux/amd64', debian, 'linux/amd64');
test(chooses, 'linux/arm64', debian, 'linux/arm64/v8');
test(chooses, 'linux/arm/v7', debian, 'linux/arm/v7');
test(chooses, 'linux/arm', debian, 'linux/arm/v7');
test(chooses, 'linux/arm/v6', debian, 'linux/arm/v5');
test(chooses, 'linux/arm/v5', ['linux/arm/v7'], null);
test(chooses, 'linux/arm64', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7');
test(chooses, 'linux/arm64', ['linux/arm64'], 'linux/arm64');
test(chooses, 'linux/arm64/v9', ['linux/arm64'], 'linux/arm64');
test(chooses, 'linux/amd64', ['linux/amd64/v2', 'linux/386'], 'linux/386');
test(chooses, 'linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 'linux/amd64/v2');
test(chooses, 'linux/amd64', ['windows/amd64'], null);
test(chooses, 'linux/s390x', debian, null);
test(chooses, 'linux/amd64', ['-', 'linux/amd64'], 'linux/amd64');
test(chooses, 'linux/amd64', ['-', 'linux/s390x'], '-');

const entry = (mediaType: string, digit: string, os = 'linux'): Descriptor => ({
	mediaType,
	digest: `sha256:${digit.repeat(64)}`,
	size: 1,
	platform: { os, architecture: 'amd64' },
});

test('platformRank() of a variant with a huge number ends at once', (t) => {
	const huge = parsePlatform('linux/arm/v9007199254740991');
	if (huge === null) throw new Error('not a platform');
	t.is(platformRank(huge, huge), 0);
	t.not(platformRank({ os: 'linux', architecture: 'arm', variant: 'v7' }, huge), null);
});

test('imageManifests() walks nested indexes and leaves out attestations', async (t) => {
	const [a, b] = [entry(mediaTypes.manifest, 'a'), entry(mediaTypes.dockerManifest, 'b')];
	const attestation = entry(mediaTypes.manifest, 'c', 'unknown');
	const index = entry(mediaTypes.index, 'd');
	t.deepEqual(await imageManifests([index, attestation, a], async () => [b, attestation]), [b, a]);
});

test('imageManifests() refuses indexes that are nested without an end', async (t) => {
	const index = entry(mediaTypes.index, 'd');
	await t.throwsAsync(
		imageManifests([index], async () => [index]),
		{ code: 'BAD_IMAGE', message: /more than 4 deep/ },
	);
	await t.throwsAsync(
		imageManifests(Array(65).fill(index), async () => []),
		{ code: 'BAD_IMAGE', message: /more than 64/ },
	);
});
