// Tests `service replace` with the real runc, containerd and kernel: a crash of PID 1 at any point of it leaves no service off.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { openControlClient } from '../../supervisor/cli/control-client.ts';
import { type GuestPaths, replacementPaths } from '../../supervisor/contract/layout.ts';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import {
	forever,
	processesNaming,
	type SupervisedGuest,
	service,
	startGuest,
	writable,
} from './supervised-guest.ts';

const soon = { timeoutMs: 20_000 };

/** Ends when it may, a while after it is asked to. */
const reluctant = (text: string) =>
	`busybox rm -f /tmp/may-end; echo ${text}; trap "echo asked" TERM; while ! [ -e /tmp/may-end ]; do sleep 0.05; done`;

function addService(guest: SupervisedGuest, name: string, script: string): void {
	const folder = join(guest.root, 'containers/services', name);
	guest.addBundle(`services/${name}`, script, writable(folder), { stop: { timeoutMs: 20_000 } });
	// Mount points, which the image can't get later.
	mkdirSync(join(folder, 'tmp'));
}

/** Packs the bundles as they are, with another script each, and asks for their replacement, which it doesn't wait for. */
async function replaceBy(guest: SupervisedGuest, scripts: Readonly<Record<string, string>>): Promise<void> {
	const image = process.pid;
	const { file } = replacementPaths({ state: join(guest.root, 'run/slipway') } as GuestPaths, image);
	const folder = join(guest.root, 'image');
	for (const [name, script] of Object.entries(scripts)) {
		const bundle = join(folder, 'containers/services', name);
		const original = join(guest.root, 'containers/services', name);
		mkdirSync(join(bundle, 'tmp'), { recursive: true });
		mkdirSync(join(bundle, 'rootfs'));
		cpSync(join(original, 'lower'), join(bundle, 'lower'), { recursive: true, verbatimSymlinks: true });
		for (const each of ['runtime.json', 'supervision.json']) cpSync(join(original, each), join(bundle, each));
		const spec = JSON.parse(readFileSync(join(original, 'config.json'), 'utf8'));
		spec.process.args = ['/bin/sh', '-c', script];
		writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
	}
	mkdirSync(dirname(file), { recursive: true });
	await runProgram('mksquashfs', [folder, file, '-quiet', '-no-progress']);
	const client = await openControlClient(join(guest.root, 'control.sock'));
	// The crash ends the connection.
	client.request({ command: 'replace', names: Object.keys(scripts), image }).catch(() => undefined);
}

test.serial('a crash of PID 1 while a service is replaced starts the service all the same', async (t) => {
	const guest = await startGuest(t);
	addService(guest, 'quick', `echo first; ${forever}`);
	addService(guest, 'slow', reluctant('first'));
	guest.addBundle('services/other', forever);
	await guest.command('start');
	await replaceBy(guest, { quick: `echo second; ${forever}`, slow: reluctant('second') });
	await guest.next(service('quick', 'stopped'));
	const { pid } = guest.lines.findLast(service('slow', 'running')) ?? {};
	await guest.crash();
	writeFileSync(`/proc/${pid}/root/tmp/may-end`, '');
	await guest.command('start');
	await guest.next(service('slow', 'starting'));
	const again = await guest.next(service('slow', 'running'));
	t.is(guest.lines.filter(service('quick', 'running')).length, 2);
	t.is(guest.lines.filter(service('other', 'starting')).length, 1);
	// A service has the bundle that was there when PID 1 crashed; it is whole in either case.
	await eventually(() => /^first\nbye\n(first|second)\n$/.test(guest.output('quick', 'stdout')), soon);
	// Another PID 1 asks again.
	await eventually(() => /^first\n(asked\n)+first\n$/.test(guest.output('slow', 'stdout')), soon);
	writeFileSync(`/proc/${again.pid}/root/tmp/may-end`, '');
	await guest.command('stop');
	t.deepEqual(processesNaming(guest.root, guest.id), []);
});
