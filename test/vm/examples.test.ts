// The examples that no other test boots: each built as it stands, booted, and used from outside as its head says. In a
// guest without KVM each costs a quarter of a minute, so each has one test.
// Runs alone: its machines have two processors.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ava, { type ExecutionContext } from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest, type Guest, type GuestOptions } from '../helpers/guest.ts';
import { scratchFolder } from '../helpers/scratch.ts';
import { makeSshKey, ssh, sshHostKey, sshTerminal, sshWithPassword } from '../helpers/ssh.ts';
import { buildSystem, slipway } from '../helpers/system.ts';

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
	guest = await bootReadyGuest(await buildSystem(`example-${name}`, yaml), { cpus: 2, ...options });
	return guest;
}

/** Throws when the text is missing: the test would otherwise not test what its title says. */
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

	// Its bash is that of the console: Tab completes, words of other systems are answered, and the history outlasts a login.
	const first = await sshTerminal(port, right, ': re""membered\rservice status ss\t\rdocker ps\rexit\r');
	t.regex(first, /service status sshd /);
	t.regex(first, /^ +state +ready/m);
	t.regex(first, /docker is not in this shell\. Here it is: service list --all/);
	t.regex(await sshTerminal(port, right, 'history\rexit\r'), /^ +\d+ {2}: re""membered/m);

	// Also the way that anyone takes to it is ended and comes back, with the keys that it has made before.
	const before = await sshHostKey(port);
	await ssh(port, right, 'service restart sshd');
	t.is(await sshHostKey(port), before);
});

test("node_exporter.yml: the machine's figures are read over HTTP", async (t) => {
	const booted = await bootExample('node_exporter', { publish: [9100] });
	const figures = await fetched(booted, 9100, '/metrics');
	const memory = Number(/^node_memory_MemTotal_bytes (\S+)$/m.exec(figures)?.[1]);
	t.true(memory > 700e6 && memory < 768 * 2 ** 20, String(memory));
	t.regex(figures, /^node_network_receive_bytes_total\{device="eth0"\} [1-9]/m);
	// The root is a squashfs, which node_exporter leaves out: it is always full.
	t.regex(figures, /^node_filesystem_size_bytes\{.*mountpoint="\/var"\} /m);
});

test('logging.yml: what nginx prints reaches a syslog server outside, and the clock is in its log', async (t) => {
	const receiver = createSocket('udp4');
	t.teardown(() => receiver.close());
	let received = '';
	receiver.on('message', (message) => {
		received += `${message.toString()}\n`;
	});
	receiver.bind(0, '127.0.0.1');
	await once(receiver, 'listening');
	const change = replaced(t, 'udp://10.0.2.2:5514', `udp://10.0.2.2:${receiver.address().port}`);
	const booted = await bootExample('logging', { publish: [80] }, change);
	await fetched(booted, 80, '/');
	const line = await eventually(async () => /^<\d+>1 .* nginx .*"GET \/ HTTP\/1\.1" 200/m.exec(received));
	t.truthy(line);
	const time = await eventually(async () =>
		/UTC 20\d\d$/m.exec((await booted.shell('service logs -n 1 clock')).output),
	);
	t.truthy(time);
});

test('wireguard.yml: the web server answers through the tunnel, the one way to it', async (t) => {
	const { shell } = await bootExample('wireguard');
	const page = await eventually(async () => {
		const { output, status } = await shell('wget -qO- http://192.168.2.1/');
		return status === 0 ? output : null;
	});
	t.regex(page, /nginx answers/);
	const { output } = await shell('ip -o link | cut -d: -f2');
	t.deepEqual(
		output
			.trim()
			.split('\n')
			.map((name) => name.trim()),
		['lo', 'wg1'],
	);
});

const modulesOfContainerHosts =
	'8021q bonding dummy vxlan ip_vs ip_vs_rr br_netfilter iptable_nat iptable_mangle iptable_raw ip6table_nat ' +
	'ip6table_filter xt_statistic xt_recent xt_set ip_set_hash_ip xt_REDIRECT xt_TCPMSS xt_LOG xt_CHECKSUM ' +
	'nf_conntrack_netlink xfrm_user ipip ip_gre sch_tbf cls_bpf nfs cifs dm-thin-pool dm-mirror raid1';

test('docker.yml: an image from a tar runs and prints, with a network, and lives on the disk', async (t) => {
	// The tar comes into the system as a file of the YAML.
	const tar = join(scratchFolder(t), 'shell.tar');
	await slipway('cache', 'export', '--format', 'docker', '--output', tar, 'slipway/shell:v1');
	const change = replaced(t, 'files:\n', `files:\n  - { path: etc/docker/shell.tar, source: ${tar} }\n`);
	const disk = join(scratchFolder(t), 'disk.raw');
	writeFileSync(disk, '');
	truncateSync(disk, 2 * 2 ** 30);
	const { shell } = await bootExample(
		'docker',
		{ memoryMegabytes: 2048, disks: [{ path: disk, format: 'raw' }] },
		change,
	);
	const docker = 'ctr tasks exec --exec-id test docker docker';
	t.regex(
		(await shell(`${docker} load </hostroot/etc/docker/shell.tar`)).output,
		/^Loaded image: .*slipway\/shell:v1$/m,
	);
	const run = `${docker} run --rm slipway/shell:v1`;
	t.regex(
		(await shell(`${run} echo "hello from a container" </dev/null`)).output,
		/^hello from a container$/m,
	);
	t.regex((await shell(`${run} ping -c 1 10.0.2.2 </dev/null`)).output, /1 packets received/);
	t.regex((await shell(`${docker} info </dev/null`)).output, /Backing Filesystem: extfs/);
	t.regex(
		(await shell('grep " /var/lib/docker " /proc/1/mounts')).output,
		/^\/dev\/vda1? \/var\/lib\/docker ext4 /m,
	);
	// Modules that the kernel loads when a container host asks for them (`slipway/kernel-containers`).
	const load = `for name in ${modulesOfContainerHosts}; do modprobe $name && echo $name; done`;
	const loaded = await shell(`service exec docker -- sh -c '${load}'`);
	t.deepEqual(loaded.output.trim().split(/\s+/), modulesOfContainerHosts.split(' '));
});

for (const language of ['node', 'python']) {
	test(`slipway new --from ${language}: the program answers a client outside, after the two commands of the file's head`, async (t) => {
		const made = join(scratchFolder(t), `try-${language}`);
		t.teardown(async () => await slipway('cache', 'rm', `slipway/try-${language}:v1`));
		for (const command of [
			['new', '--from', language, `${made}.yml`],
			['pkg', 'build', made],
		]) {
			const { exitCode, stderr } = await slipway(...command);
			t.is(exitCode, 0, stderr);
		}
		const name = await buildSystem(`example-${language}`, readFileSync(`${made}.yml`, 'utf8'));
		guest = await bootReadyGuest(name, { cpus: 2, publish: [8080] });
		t.is(await fetched(guest, 8080, '/'), `Hello from try-${language}\n`);
		t.like(await guest.machine.powerOff(60_000), { exitCode: 0, shutdown: 'poweroff' });
	});
}
