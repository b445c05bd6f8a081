// The format as `docker build - < NAME.docker` takes it: the tree without the Dockerfile, and its ENTRYPOINT is started in namespaces of
// its own, until a client reaches Redis. Docker itself takes no part.

import { execFileSync } from 'node:child_process';
import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { buildSystem } from '../helpers/system.ts';
import { buildInitOnce, startGuest } from './guest-init.ts';

test.before(buildInitOnce);

const yaml = `kernel: {image: "slipway/kernel:v1"}
init: ["slipway/init:v1", "slipway/runc:v1", "slipway/containerd:v1"]
services:
  - {name: redis, image: "slipway/redis:v1", net: host}
`;

test('the tree of the format docker is a system that boots from its ENTRYPOINT, and Redis answers', async (t) => {
	const archive = `${await buildSystem('docker-format', yaml, '--format', 'docker')}.docker`;
	const dockerfile = execFileSync('tar', ['-xOf', archive, 'Dockerfile'], { encoding: 'utf8' });
	t.regex(dockerfile, /^FROM scratch\n\nCOPY \. \.\/\nRUN rm -f Dockerfile\n\nENTRYPOINT \["\/init"\]\n$/);
	// The modules are of a kernel that a container does not have.
	const prepare = `tar -xf '${archive}'\nrm -rf Dockerfile lib/modules\n`;
	const guest = await startGuest({ prepare });
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', () => guest.events.some(({ event }) => event === 'ready'));
	const client = ['sh', '-c', 'echo PING | busybox nc -w 5 127.0.0.1 6379'];
	const ask = async () => await runProgram('nsenter', ['--net', '--target', String(guest.pid), ...client]);
	const answer = await eventually(async () => (await ask()).stdout.trim() || null);
	t.is(answer, '+PONG');
});
