// A system whose root is one squashfs image, in the initrd and on a disk: it answers a client, PID 1 comes back from a crash
// with pages that must be read and decompressed again, memory may run full, and a root that is not whole is told in words.

import { copyFileSync, readFileSync, statSync, truncateSync } from 'node:fs';
import ava from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { buildSystem, slipway } from '../helpers/system.ts';

const test = ava.serial;
let name: string;
let onDisk: string;
let guest: Guest;

ava.before(async () => {
	const yaml = readFileSync('examples/redis-os.yml', 'utf8');
	name = await buildSystem('compressed-root', yaml, '--root', 'squashfs');
	onDisk = await buildSystem('compressed-root-disk', yaml, '--format', 'kernel+squashfs');
});

ava.after.always(async () => {
	await guest?.machine.stop();
});

async function answersPing(): Promise<string> {
	return await eventually(async () => ((await guest.redis('PING')) === 'PONG' ? 'PONG' : null));
}

function rootStage(): string | undefined {
	return guest.machine.events.find((event) => event.event === 'stage' && event.stage === 'root')?.msg;
}

test('the root in the initrd is read on demand, and Redis answers', async (t) => {
	guest = await bootReadyGuest(name, { append: 'slipway.faults=1' });
	t.is(rootStage(), 'squashfs on /dev/loop0, read on demand');
	t.is(await answersPing(), 'PONG');
	const { output } = await guest.shell(
		'awk \'$2 == "/"\' /proc/1/mounts; cat /sys/block/loop0/loop/backing_file',
	);
	t.regex(output, /^\/dev\/loop0 \/ squashfs ro\b.*\n\/root\.squashfs \(deleted\)$/m);
});

test('PID 1 comes back from a crash with pages that are read again', async (t) => {
	await guest.shell('echo 3 > /proc/sys/vm/drop_caches');
	guest.machine.command({ command: 'fault', kind: 'segv' });
	await guest.event((event) => event.event === 'init' && event.resumed);
	t.is((await guest.shell('service status redis >/dev/null && cat /proc/1/comm')).output.trim(), 'init');
	t.is(await guest.redis('PING'), 'PONG');
});

test('a full memory ends the program that fills it, and neither PID 1 nor Redis', async (t) => {
	// Some seconds after the boot PID 1 asks for a kill instead of programs that are read again and again.
	await eventually(
		async () => (await guest.shell('grep -q 0x0007 /sys/kernel/mm/lru_gen/enabled')).status === 0,
	);
	const { status } = await guest.shell('tail /dev/zero');
	t.is(status, 137);
	t.is(await answersPing(), 'PONG');
	t.is((await guest.shell('cat /proc/1/comm')).output.trim(), 'init');
	t.is((await guest.machine.powerOff(60_000)).shutdown, 'poweroff');
});

test('the root on a disk may be writable, and its removal is told, also by a PID 1 that crashes', async (t) => {
	// The root does not fit into this memory.
	const append = 'slipway.root=copy,rw,wr';
	guest = await bootReadyGuest(onDisk, { append, memoryMegabytes: 256 });
	// Lines that begin with a time are taken for those of the console.
	const { output } = await guest.shell('service logs init | sed "s/^/log: /"');
	t.regex(output, /slipway\.root=copy,rw,wr on the kernel's command line is not understood: wr is none of /);
	t.regex(
		output,
		/root=copy copies nothing: the root takes \d+ MB, and \d+ MB of .* the squashfs on \/dev\/dm-0/,
	);
	t.is(rootStage(), 'squashfs on /dev/dm-0, writable by an overlay in memory');
	t.is(await answersPing(), 'PONG');
	t.is((await guest.shell('echo hello > /proc/1/root/new && cat /proc/1/root/new')).output.trim(), 'hello');
	let said = '';
	guest.machine.emitter.on('console', (text) => (said += text));
	await guest.shell('echo 1 > "$(cd -P /sys/block/vda/device/.. && pwd)/remove"').catch(() => undefined);
	await eventually(() => said.includes('the disk of the root was removed'));
	// PID 1 may need a page at once that nobody can read any more. It cannot be started again then, and says so in these words.
	const crashed = 'PID 1 crashed and cannot be started again, because the disk of the root was removed';
	if (!said.includes(crashed)) t.is(await guest.redis('PING'), 'PONG');
	// PID 1 needs such pages for the shutdown, too; the machine goes off all the same.
	const { exitCode, signal, lost } = await guest.machine.powerOff(120_000);
	t.deepEqual([exitCode, signal], [0, null]);
	t.true(lost === null || said.includes(crashed), `${lost}`);
});

test('slipway run ends with the reason why a cut initrd does not start', async (t) => {
	const cut = `${name}-cut`;
	for (const ending of ['kernel', 'initrd.img', 'cmdline'])
		copyFileSync(`${name}-${ending}`, `${cut}-${ending}`);
	truncateSync(`${cut}-initrd.img`, statSync(`${cut}-initrd.img`).size - 2 ** 20);
	const run = await slipway(
		'run',
		'--until-ready',
		'--cpus=1',
		'--memory',
		'640',
		'--append',
		'panic=-1',
		cut,
	);
	t.is(run.exitCode, 1);
	t.regex(
		run.stderr,
		/not ready when it gave up: the end of the initrd is missing: it is cut, or the memory of \d+ MB/,
	);
});
