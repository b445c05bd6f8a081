import test from 'ava';
import { nearImage } from '../../../../tools/resolve/near-image.ts';

const store = [
	'docker.io/slipway/nginx:v1',
	'docker.io/slipway/init:v1',
	'docker.io/slipway/init:v2',
	'docker.io/library/redis:7',
	'ghcr.io/slipway/sshd:v1',
	`docker.io/slipway/pinned@sha256:${'0'.repeat(64)}`,
];

for (const [name, expected] of [
	['slipway/ngnix:v1', 'slipway/nginx:v1'],
	['slipway/nginx:v2', 'slipway/nginx:v1'],
	['slipway/nginx', 'slipway/nginx:v1'],
	['docker.io/slipway/nginx', 'docker.io/slipway/nginx:v1'],
	['slipway/initt:v2', 'slipway/init:v2'],
	['reds:7', 'redis:7'],
	['library/reds:7', 'library/redis:7'],
	['ghcr.io/slipway/ssh:v1', 'ghcr.io/slipway/sshd:v1'],
	// Another organisation, another registry, another name altogether, one that is there, one without a tag.
	['slipwey/nginx:v1', null],
	['quay.io/slipway/nginx:v1', null],
	['slipway/database:v1', null],
	['slipway/nginx:v1', null],
	['slipway/pinned:v1', null],
] as const)
	test(`nearImage() of ${name} is ${expected}`, (t) => {
		t.is(nearImage(name, store), expected);
	});
