// Attacks by images and neighbours of `service run`.
// Runs alone: the cgroup of all containers of `service run` is the machine's.

import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { compileStatic } from '../helpers/static-tool.ts';
import { callService } from './service-caller.ts';
import { makeRoot, nothingLeft, shell } from './service-run-root.ts';
import { service, startGuest } from './supervised-guest.ts';

test.serial('service run: devices and set-user-ID programs of an image give nothing', async (t) => {
	const guest = await startGuest(t);
	const { folder } = await makeRoot(guest);
	const node = async (name: string, ...numbers: readonly string[]) => {
		const made = await runProgram('mknod', ['-m', '666', join(folder, 'srv', name), ...numbers]);
		t.is(made.exitCode, 0, made.stderr);
	};
	// No driver has this number: the kernel looks for one only after the container may open it.
	await node('character', 'c', '240', '77');
	await node('block', 'b', '240', '77');
	await node('null', 'c', '1', '3');
	await runProgram('cp', [join(folder, 'bin/busybox'), join(folder, 'srv/busybox')]);
	chmodSync(join(folder, 'srv/busybox'), 0o4755);
	const tarball = join(guest.root, 'devices.tar');
	await runProgram('tar', ['-C', folder, '-cf', tarball, '.']);
	const script = 'cat /srv/character; cat /srv/block; cat /srv/null && echo null; /srv/busybox id -u';
	for (const image of [tarball, folder]) {
		const { stdout, stderr } = await callService(guest, ['run', '-u', 'web', image, ...shell(script)]);
		t.is(stdout, 'null\n1234\n', image);
		t.is(stderr.match(/Operation not permitted/g)?.length, 2, stderr);
	}
	await nothingLeft(t, guest);
});

test.serial('a container takes nothing from programs that start among its processes', async (t) => {
	const guest = await startGuest(t);
	const { folder } = await makeRoot(guest);
	const secret = join(guest.root, 'secret');
	writeFileSync(secret, 'not yours');
	guest.addBundle('services/app', `exec /bin/neighbour ${secret}`);
	const program = await compileStatic('test/ns/neighbour.cc', 'neighbour');
	copyFileSync(program, join(guest.root, 'containers/services/app/rootfs/bin/neighbour'));
	await guest.command('start');
	await guest.next(service('app', 'running'));
	const said = (word: string): number => guest.output('app', 'stdout').split(`${word}\n`).length - 1;
	await eventually(() => said('waiting') === 1);
	// Until each was met while it had the rights of the machine.
	for (const words of [
		['exec', 'app', '/bin/busybox', 'true'],
		['run', '--pid', 'app', folder, '--', '/bin/busybox', 'true'],
	]) {
		const before = said('refused');
		await eventually(async () => {
			const { exitCode, stderr } = await callService(guest, words);
			t.is(exitCode, 0, stderr);
			return said('refused') > before;
		});
	}
	t.notRegex(guest.output('app', 'stdout'), /captured/);
	await guest.command('stop');
});
