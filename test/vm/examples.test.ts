// Examples that no other test boots: each built as it stands, booted, and used from outside as its head says. In a
// guest without KVM each costs a quarter of a minute, so each has one test.

import { readFileSync } from 'node:fs';
import ava, { type ExecutionContext } from 'ava';
import { bootReadyGuest, type Guest, type GuestOptions } from '../helpers/guest.ts';
import { scratchFolder } from '../helpers/scratch.ts';
import { makeSshKey, ssh, sshHostKey, sshWithPassword } from '../helpers/ssh.ts';
import { buildSystem } from '../helpers/system.ts';

const test = ava.serial;
let guest: Guest | null = null;

ava.afterEach.always(async () => {
	await guest?.machine.stop();
	guest = null;
});

/** @param change - for what depends on whose machine this is */
async function bootExample(
	name: string,
	options: GuestOptions = {},
	change: (yaml: string) => string = (yaml) => yaml,
): Promise<Guest> {
	const yaml = change(readFileSync(`examples/${name}.yml`, 'utf8'));
	guest = await bootReadyGuest(await buildSystem(`example-${name}`, yaml), options);
	return guest;
}

/** Of a text that must be there, or the test would try something else than it says. */
function replaced(t: ExecutionContext, before: string, after: string): (yaml: string) => string {
	return (yaml) => {
		t.true(yaml.includes(before), before);
		return yaml.replace(before, after);
	};
}

async function fetched(booted: Guest, port: number, path: string): Promise<string> {
	const answer = await fetch(`http://127.0.0.1:${booted.port(port)}${path}`);
	if (answer.status !== 200) throw new Error(`${path} is answered with ${answer.status}`);
	return await answer.text();
}

test('minimal.yml: a shell on the console, in which service, ctr, runc and poweroff work', async (t) => {
	const { shell, machine } = await bootExample('minimal');
	t.regex((await shell('cat /etc/motd')).output, /is a Slipway system: Linux 6\..* 2 CPU, 7\d\d MB\./);
	t.regex((await shell('service')).output, /^getty +running /m);
	t.regex((await shell('ctr tasks ls')).output, /^getty +\d+ +RUNNING/m);
	t.regex((await shell('runc list')).output, /^getty +\d+ +running/m);
	t.like(await machine.powerOff(60_000), { exitCode: 0, shutdown: 'poweroff' });
});

test('nginx.yml: a client outside gets the page of the YAML', async (t) => {
	const booted = await bootExample('nginx', { publish: [80] });
	t.regex(await fetched(booted, 80, '/'), /<h1>This machine is a web server and nothing else\.<\/h1>/);
});

test('sshd.yml: the right key gets a shell with runc, ctr and service; another key and a password do not', async (t) => {
	const folder = scratchFolder(t);
	const right = await makeSshKey(folder, 'right');
	const change = replaced(t, '~/.ssh/id_ed25519.pub', right.publicFile);
	const port = (await bootExample('sshd', { publish: [22] }, change)).port(22);
	const { stdout } = await ssh(port, right, 'runc list && ctr containers ls && service && cat /etc/motd');
	t.regex(stdout, /^sshd +\d+ +running[\s\S]*^sshd +-[\s\S]*^sshd +ready +\d/m);
	t.regex(stdout, /is a Slipway system/);
	const refused = /root@127\.0\.0\.1: Permission denied \(publickey\)\./;
	t.regex((await ssh(port, await makeSshKey(folder, 'wrong'), 'true')).stderr, refused);
	t.regex((await sshWithPassword(port, folder, '')).stderr, refused);

	// Also the way that anyone takes to it is ended and comes back, with the keys that it has made before.
	const before = await sshHostKey(port);
	await ssh(port, right, 'service restart sshd');
	t.is(await sshHostKey(port), before);
});
