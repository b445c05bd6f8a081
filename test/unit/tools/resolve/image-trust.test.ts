import test from 'ava';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import {
	configuredRules,
	rulesOf,
	type TrustRule,
	unmatchedLines,
} from '../../../../tools/resolve/image-trust.ts';

const matches = test.macro({
	exec(t, image: string, names: { orgs?: readonly string[]; images?: readonly string[] }, expected: boolean) {
		const rule: TrustRule = { askedBy: 'a test', names: { orgs: [], images: [], ...names }, keyFiles: [] };
		t.is(rulesOf(image, [rule]).length === 1, expected);
	},
	title: (_, image, names, expected) =>
		`rulesOf() ${image} ${expected ? 'falls' : 'does not fall'} under ${JSON.stringify(names)}`,
});

test(matches, 'linuxkit/kernel:4.9.x', { orgs: ['linuxkit'] }, true);
test(matches, 'ghcr.io/linuxkit/kernel:v1', { orgs: ['linuxkit'] }, true);
test(matches, 'ghcr.io/linuxkit/kernel:v1', { orgs: ['ghcr.io/linuxkit'] }, true);
test(matches, 'linuxkit/kernel:v1', { orgs: ['ghcr.io/linuxkit'] }, false);
test(matches, 'gitlab.io/linuxkit/sub/kernel:v1', { orgs: ['linuxkit'] }, true);
test(matches, 'ghcr.io/linuxkit/a/b', { orgs: ['ghcr.io/linuxkit'] }, true);
test(matches, 'ghcr.io/linuxkit2/b', { orgs: ['ghcr.io/linuxkit'] }, false);
test(matches, 'ghcr.io/linuxkit/a', { orgs: ['ghcr.io'] }, true);
test(matches, 'ghcr.io:443/linuxkit/a', { orgs: ['ghcr.io'] }, true);
test(matches, 'ghcr.io:5000/linuxkit/a', { orgs: ['ghcr.io'] }, false);
test(matches, 'ghcr.io.evil.example/linuxkit/a', { orgs: ['ghcr.io'] }, false);
test(matches, 'evil.example/ghcr.io/a', { orgs: ['ghcr.io/linuxkit'] }, false);
test(matches, 'redis:7', { orgs: ['docker.io'] }, true);
test(matches, 'docker.io:443/library/nginx', { images: ['nginx'] }, true);
test(matches, 'docker.io:443/nginx', { images: ['nginx'] }, true);
test(matches, 'index.docker.io:443/library/nginx', { orgs: ['library'] }, true);
test(matches, 'nginx', { images: ['docker.io:443/library/nginx:latest'] }, true);
test(matches, 'localhost:443/nginx', { images: ['localhost/nginx'] }, false);
test(matches, 'linuxkit2/kernel', { orgs: ['linuxkit'] }, false);
test(matches, 'redis:7', { orgs: ['library'] }, true);
test(matches, 'redis:7', { images: ['redis'] }, true);
test(matches, 'redis:7', { images: ['docker.io/library/redis'] }, true);
test(matches, 'redis:7', { images: ['redis:7'] }, true);
test(matches, 'redis:7', { images: ['redis:6'] }, false);
test(matches, 'redis', { images: ['redis:latest'] }, true);
test(matches, 'localhost:5000/redis:7', { images: ['redis'] }, false);
test(matches, 'localhost:5000/redis:7', { images: ['localhost:5000/redis'] }, true);
test(matches, `redis@sha256:${'a'.repeat(64)}`, { images: [`redis@sha256:${'a'.repeat(64)}`] }, true);
test(matches, `redis@sha256:${'b'.repeat(64)}`, { images: [`redis@sha256:${'a'.repeat(64)}`] }, false);

test('rulesOf() without names: every image', (t) => {
	const rule: TrustRule = { askedBy: 'a test', names: null, keyFiles: [] };
	t.deepEqual(rulesOf('whatever:v1', [rule]), [rule]);
});

test('configuredRules() returns the names and keys of each file; keys are relative to it', (t) => {
	const one = 'trust: {org: [linuxkit], image: [redis]}\n';
	const two = 'trust: {org: [acme], keys: [acme.pub, /etc/keys/b.pub], maxAge: 90d}\n';
	const { trust } = loadConfig([
		{ name: 'one.yml', text: one },
		{ name: '/srv/two.yml', text: two },
	]);
	t.deepEqual(configuredRules(trust), [
		{ askedBy: '"trust" at one.yml:1:8', names: { orgs: ['linuxkit'], images: ['redis'] }, keyFiles: [] },
		{
			askedBy: '"trust" at /srv/two.yml:1:8',
			names: { orgs: ['acme'], images: [] },
			keyFiles: ['/srv/acme.pub', '/etc/keys/b.pub'],
			maxAgeMs: 90 * 24 * 3_600_000,
		},
	]);
});

test('unmatchedLines() names what matches no image, of the YAML and of the command line', (t) => {
	const text = 'trust: {org: [linuxkit, linuxkt], image: [redis:6, redis:7], labels: [acme, linuxkit]}\n';
	const { trust } = loadConfig([{ name: 'one.yml', text }]);
	const rule = (name: string): TrustRule => {
		return { askedBy: '--require-digest', names: { orgs: [name], images: [name] }, keyFiles: [] };
	};
	t.deepEqual(unmatchedLines(trust, [rule('redis'), rule('nginx')], ['linuxkit/init:v1', 'redis:7']), [
		'"trust" at one.yml:1:8: no image of the system matches "image: redis:6", "org: linuxkt", "labels: acme".',
		'--require-digest: no image of the system matches nginx.',
	]);
	t.deepEqual(unmatchedLines([], [{ askedBy: 'x', names: null, keyFiles: [] }], []), []);
	const keysOnly = loadConfig([{ name: 'two.yml', text: 'trust: {keys: [a.pub]}\n' }]);
	t.deepEqual(unmatchedLines(keysOnly.trust, [], ['redis']), [
		'"trust" at two.yml:1:8: the keys are for no image, because there is neither "image" nor "org".',
	]);
});
