// A container with the defaults (root of the system, without a capability) tries to get out, and to take from the others.
// The table of docs/security.md says what holds it.

import { readFileSync } from 'node:fs';
import ava, { type ExecutionContext } from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { ownStore } from '../helpers/own-store.ts';
import { compileStatic } from '../helpers/static-tool.ts';
import { buildSystem } from '../helpers/system.ts';
import { putTestImage } from '../helpers/tar.ts';

const test = ava.serial;
let guest: Guest;

/** What a container is and has, without the numbers of one run. The rest is compared in test/ns/supervisor/engine. */
const report = `
busybox --install -s /bin
cat /proc/self/attr/apparmor/current
grep -E "^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:)" /proc/self/status
sed "s/report-[a-z]*//" /proc/self/cgroup
cgroup=/sys/fs/cgroup$(sed "s/^0:://" /proc/self/cgroup)
for file in memory.max memory.swap.max pids.max cpu.weight cpu.max; do echo $file $(cat $cgroup/$file); done
sed "s/^[0-9]* [0-9]* [^ ]* //; s/report-[a-z]*//g; s/\\( [a-z_]*:[0-9]*\\)* - / - /; s/00[0-9]-/N-/g" /proc/self/mountinfo
ls /sys/class/net; route -n | grep eth0
env; umask; ulimit -a; cat /proc/self/oom_score_adj; ls /proc/$$/fd; ls -ln /dev | sed "s/[A-Z][a-z][a-z] .*:[0-9][0-9]//"
for path in /dev/null /dev/kmsg /dev/zero; do (: < $path) && echo "may read $path"; done 2>&1
mknod /tmp/memory c 1 1 && head -c 1 /tmp/memory 2>&1
for line in "unshare -n true" "mount -t tmpfs none /proc" "hostname other" "chroot / true"; do busybox $line; done 2>&1
cat /proc/kcore | wc -c; : > /proc/sysrq-trigger
exit 0
`;

const oneShot = (engine: string): string => `
  - name: report-${engine}
    image: test/hostile:v1
    engine: ${engine}
    capabilities: [CAP_MKNOD, CAP_CHOWN]
    apparmor: default
    tmpfs: [/tmp]
    binds: [/dev/kmsg:/dev/kmsg]
    cgroupsPath: /reports/report-${engine}
    uts: new
    net: bridge
    runtime: {bindNS: {uts: /run/uts-${engine}}}
    rlimits: ["nofile,77,99"]
    resources: {memory: {limit: 50000000, swap: 60000000}, pids: {limit: 55}, cpu: {shares: 512, quota: 40000, period: 80000}}
    command: [/bin/busybox, sh, -c, ${JSON.stringify(report)}]
`;

const yaml = `
kernel:
  image: slipway/kernel:v1
  # The kernel's words about a full memory would tear the console's lines apart.
  cmdline: console=ttyS0 loglevel=3
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1, slipway/apparmor:v1]
defaults: { resources: { cpu: { shares: 512 } } }
onboot:
${['runc', 'builtin'].map(oneShot).join('')}  - name: mapped-once
    image: test/hostile:v1
    userns: auto
    net: bridge
    binds: [kept:/kept]
    command: [/bin/busybox, sh, -c, "busybox id; busybox cat /proc/self/uid_map; busybox ifconfig eth0; busybox touch /own /kept/new; busybox ls /own"]
volumes: [{ name: kept }]
services:
  - name: getty
    image: slipway/getty:v1
    env: [INSECURE=true]
  - name: hostile
    image: test/hostile:v1
    command: [/bin/busybox, sleep, "1000000"]
  - name: user
    image: test/hostile:v1
    uid: 1000
    command: [/bin/busybox, sleep, "1000000"]
  - name: named
    image: test/hostile:v1
    command: [/bin/busybox, sleep, "1000000"]
    maskedPaths: []
    readonlyPaths: [/proc/sysrq-trigger]
    seccomp: unconfined
    noNewPrivileges: false
  - name: mapped
    image: test/hostile:v1
    userns: auto
    capabilities: [CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_SYS_ADMIN]
    net: bridge
    binds: [/var/log:/host, /var/lib/mapped:/data, kept:/kept]
    runtime: { mkdir: [/var/lib/mapped] }
    ready: { tcp: 8000 }
    health: { file: /own, interval: 1s }
    command: [/bin/busybox, sh, -c, "echo own > /own; echo data > /data/file; echo started; exec /bin/busybox nc -ll -p 8000 -e /bin/busybox true"]
  - name: notifies
    image: test/hostile:v1
    userns: auto
    net: bridge
    ready: { notify: true }
    health: none
    command: [/bin/attack, ready]
  - &admin
    name: admin
    image: test/hostile:v1
    capabilities: [CAP_SYS_ADMIN, CAP_MKNOD, CAP_DAC_OVERRIDE]
    tmpfs: [/tmp]
    mounts: [{ type: sysfs, source: sysfs, destination: /sys, options: [rw] }]
    command: [/bin/busybox, sleep, "1000000"]
  - { <<: *admin, name: held, apparmor: default }
  - name: bystander
    image: test/hostile:v1
    userns: auto
    ready: { exec: [/bin/busybox, "true"] }
    resources: { cpu: { shares: 1024 } }
    seccomp: default
    command: [/bin/busybox, sleep, "1000000"]
  - name: forks
    image: test/hostile:v1
    command: [/bin/busybox, sh, -c, "trap '/bin/attack forks & wait' USR1; while :; do sleep 1; done"]
  - name: files
    image: test/hostile:v1
    command: [/bin/busybox, sh, -c, "trap '/bin/attack files & wait' USR1; while :; do sleep 1; done"]
`;

ava.before(async () => {
	const tool = await compileStatic('test/vm/fixtures/attack.cc', 'attack');
	const store = await ownStore('confinement');
	const program = (name: string, path: string, mode: number) => {
		return { name, body: readFileSync(path) as unknown as string, mode };
	};
	const members = [
		program('bin/busybox', '/bin/busybox', 0o755),
		program('bin/attack', tool, 0o755),
		program('bin/set-uid', tool, 0o4755),
	];
	await putTestImage(store, 'test/hostile:v1', members, { Env: ['PATH=/bin'] });
	guest = await bootReadyGuest(await buildSystem('confinement', yaml, '--cache', store.folder));
});

ava.after.always(async () => {
	await guest?.machine.stop();
});

test('the built-in engine gives an onboot container the same as runc does', async (t) => {
	const said = async (engine: string): Promise<string> => {
		const { output } = await guest.shell(
			`cat /var/log/onboot.*report-${engine}.out.log /var/log/onboot.*report-${engine}.log`,
		);
		return output;
	};
	const [runc, builtin] = [await said('runc'), await said('builtin')];
	t.is(builtin, runc);
	t.regex(builtin, /Seccomp:\s+2/);
	t.regex(builtin, /^slipway-default \(enforce\)$/m);
	t.regex(builtin, /^memory\.max 49999872$/m);
	t.regex(builtin, /^memory\.swap\.max \d+$/m);
	t.regex(builtin, /^pids\.max 55$/m);
	t.regex(builtin, /^cpu\.max 40000 80000$/m);
	t.regex(builtin, /may read \/dev\/null/);
	t.notRegex(builtin, /may read \/dev\/kmsg/);
	t.regex(builtin, /^eth0\nlo\n0\.0\.0\.0 +10\.\d+\.0\.1 .* eth0$/m, 'of net: bridge');
	const bound = (await guest.shell('grep -c " /run/uts-[a-z]* .* - nsfs " /proc/1/mountinfo')).output;
	t.regex(bound, /^2$/m, 'the namespaces outlive the containers');
	const ready = (await guest.shell('cd /containers/onboot && ls */start.plan')).output;
	t.deepEqual(ready.match(/\S+\.plan/g), ['001-report-builtin/start.plan']);
	t.regex((await guest.shell('ls /sys/fs/cgroup/reports')).output, /^(?!.*report-)/s);
});

/** Runs a line of the shell in a service's container, as its own program could. */
async function inContainer(service: string, line: string): Promise<string> {
	return (await guest.shell(`service exec ${service} -- /bin/busybox sh -c '${line}'`)).output;
}

const refused = ava.macro({
	async exec(t, line: string, expected: RegExp) {
		t.regex(await inContainer('hostile', line), expected);
	},
	title: (title = '') => `a container with the defaults: ${title}`,
});

test(
	'a program for core dumps, which the kernel would run with all capabilities (core_pattern)',
	refused,
	'echo "|/bin/busybox" > /proc/sys/kernel/core_pattern',
	/Read-only file system/,
);
test('the end of the machine by sysrq', refused, 'echo b > /proc/sysrq-trigger', /Read-only file system/);
test(
	'the parameters of a kernel module',
	refused,
	'echo 1 > /sys/module/printk/parameters/time',
	/Read-only file system/,
);
test('the memory of the kernel (kcore)', refused, 'busybox head -c 1 /proc/kcore | busybox wc -c', /^0/m);
test('timers of other processes', refused, 'busybox cat /proc/timer_list | busybox wc -c', /^0/m);
test('a user namespace of its own', refused, 'busybox unshare -U true', /Operation not permitted/);
test('the keyring and mounts', refused, 'busybox umount /proc', /Operation not permitted/);
test(
	'its own read-only paths made writable',
	refused,
	'busybox mount -o remount,rw /proc/sys',
	/permission denied|not permitted/i,
);
test(
	'the calls of 32-bit programs, of which its image has none',
	refused,
	'/bin/attack 32-bit; echo ended $?',
	/ended 159/,
);

test('seccomp: default allows the calls of 32-bit programs', async (t) => {
	t.regex(await inContainer('bystander', '/bin/attack 32-bit'), /the call returned \d+/);
});

test('a user does not become root by a set-user-ID program', async (t) => {
	t.regex(
		await inContainer('user', '/bin/set-uid user; busybox grep NoNewPrivs /proc/self/status'),
		/user 1000\s+NoNewPrivs:\s+1/,
	);
});

test('what a YAML names itself, a container gets', async (t) => {
	const line =
		'echo core > /proc/sys/kernel/core_pattern && busybox grep -E "Seccomp:|NoNewPrivs" /proc/self/status';
	t.regex(await inContainer('named', line), /NoNewPrivs:\s+0\s+Seccomp:\s+0/);
	t.regex(await inContainer('named', 'echo b > /proc/sysrq-trigger'), /Read-only file system/);
});

test('root of a service with userns: auto is a user of a range of its own, and has no power over files of the system', async (t) => {
	const said = await inContainer(
		'mapped',
		'busybox id; busybox cat /proc/self/uid_map; busybox stat -c "%n %u %g" /own /bin/busybox /data/file; busybox touch /host/new; busybox mount -t tmpfs none /proc/tty && echo mounted in its own namespace',
	);
	const [, base = ''] = /^\s+0\s+(\d+)\s+65536\s*$/m.exec(said) ?? [];
	t.true(Number(base) >= 0x80000 && Number(base) % 65_536 === 0, said);
	t.regex(said, /uid=0 gid=0/);
	for (const file of ['/own', '/bin/busybox', '/data/file']) t.true(said.includes(`${file} 0 0`), said);
	t.regex(said, /\/host\/new: (?:Permission denied|Value too large)/);
	t.regex(said, /mounted in its own namespace/);
	t.regex(await inContainer('mapped', 'echo "|/own" > /proc/sys/kernel/core_pattern'), /Permission denied/);
	const outside = await guest.shell(
		'cd /sys/fs/cgroup && pid=$(find . -path "*/mapped/cgroup.procs" -exec head -n 1 {} +) && grep -E "^[UG]id" /proc/$pid/status; stat -c "%u %n" /proc/$pid/root/own /proc/$pid/root/data/file; ls /var/log/new',
	);
	const four = Array(4).fill(base).join('\\s+');
	t.regex(outside.output, new RegExp(`Uid:\\s+${four}\\s+Gid:\\s+${four}`));
	t.regex(outside.output, new RegExp(`^${base} \\S+/own\\s+${base} \\S+/data/file`, 'm'));
	t.regex(outside.output, /ls: .*\/var\/log\/new: No such file/);
	t.regex((await guest.shell('service logs mapped')).output, /started/);
	t.is((await guest.shell('service restart mapped && service wait mapped --for running')).status, 0);
});

test('userns: auto works with a bridge, volumes and copies, and in an onboot container', async (t) => {
	const once = await guest.shell(
		'cat /var/log/onboot.*mapped-once*log; cat /containers/onboot/*mapped-once/config.json',
	);
	t.regex(once.output, /uid=0 gid=0/);
	t.regex(once.output, /inet addr:10\.|inet addr:172\./);
	t.regex(once.output, /\/kept\/new: (?:Permission denied|Value too large)/);
	t.regex(once.output, /^\/own/m);
	const said = await inContainer(
		'mapped',
		'busybox ifconfig eth0; busybox ifconfig eth0 down; busybox touch /kept/new; busybox cat /proc/self/uid_map',
	);
	t.regex(said, /inet addr:/);
	// The network's namespace is the system's: its capabilities do not count there.
	t.regex(said, /SIOCSIFFLAGS: Operation not permitted/);
	t.regex(said, /\/kept\/new: (?:Permission denied|Value too large)/);
	const baseOf = (text: string) => /^\s+0\s+(\d+)\s+65536\s*$/m.exec(text)?.[1];
	t.not(baseOf(said), baseOf(once.output));
	const copied = await guest.shell(
		'service tar -c mapped /own > /tmp/own.tar && service tar -x mapped /data < /tmp/own.tar && service exec mapped -- /bin/busybox stat -c "%n %u %g" /data/own',
	);
	t.regex(copied.output, /\/data\/own 0 0/, copied.output);
});

test('userns: auto works with a bridge and the probes tcp, file and notify', async (t) => {
	// The test before may have restarted it.
	t.is((await guest.shell('service wait mapped --for ready')).status, 0);
	const { output } = await guest.shell('service status mapped; service status notifies; service events');
	t.is(output.match(/state +ready, for/g)?.length, 2, output);
	t.notRegex(output, /(?:mapped|notifies) +unhealthy/);
});

/** What a container with CAP_SYS_ADMIN and no hidden paths tries: each line ends the machine's confinement, or is a step to it. */
const adminAttacks = {
	'a mount': 'busybox mount -t tmpfs none /tmp',
	'another /proc': 'busybox mount -t proc proc /tmp',
	'a bind of /proc': 'busybox mount -o bind /proc /tmp',
	sysrq: ': > /proc/sysrq-trigger',
	'the keys of sysrq': ': > /proc/sys/kernel/sysrq',
	'the program for core dumps': ': > /proc/sys/kernel/core_pattern',
	'the program for modules': ': > /proc/sys/kernel/modprobe',
	'the parameters of a kernel module': ': > /sys/module/printk/parameters/time',
	'another profile': 'echo "changeprofile unconfined" > /proc/self/attr/apparmor/current',
} as const;

test('apparmor: default holds a container that has CAP_SYS_ADMIN, which can do all of it without', async (t) => {
	const all = async (service: string): Promise<Record<string, boolean>> => {
		const lines = Object.values(adminAttacks).map((line, number) => `(${line}) && echo done ${number}.`);
		const said = await inContainer(service, `${lines.join('; ')}; echo end`);
		t.regex(said, /^end/m);
		return Object.fromEntries(
			Object.keys(adminAttacks).map((name, number) => [name, said.includes(`done ${number}.`)]),
		);
	};
	const each = (can: boolean) => Object.fromEntries(Object.keys(adminAttacks).map((name) => [name, can]));
	t.deepEqual(await all('held'), each(false));
	t.deepEqual(await all('admin'), each(true));
	t.regex(await inContainer('held', '/bin/attack detached'), /no detached mount: Operation not permitted/);
	t.regex(await inContainer('admin', '/bin/attack detached'), /detached: opened/);
	const own = 'echo text > /tmp/file && busybox mknod /tmp/null c 1 3 && : > /tmp/null && echo made';
	t.regex(await inContainer('held', `${own}; /bin/attack work`), /made\s+child 1 unix 1 inet 1/);
	t.regex((await guest.shell('service status held')).output, /apparmor +slipway-default \(enforce\)/);
	t.notRegex((await guest.shell('service status admin')).output, /apparmor/);
});

test('a service has the share of the processor that defaults names, unless it names its own', async (t) => {
	const weight = async (service: string) =>
		(await guest.shell(`find /sys/fs/cgroup -path "*/${service}/cpu.weight" -exec cat {} +`)).output.trim();
	// runc makes the weight of cgroup v2 of the shares: 1 + (shares - 2) * 9999 / 262142.
	t.is(await weight('hostile'), '20');
	t.is(await weight('bystander'), '39');
});

/** Kills many processes: on a busy host that takes longer than `service stop` waits, which then says so. */
async function stops(t: ExecutionContext, service: string): Promise<void> {
	const { status, output } = await guest.shell(
		`service stop ${service} || service wait ${service} --for stopped`,
	);
	t.is(status, 0, output);
}

/** Half a million open files take minutes on a busy host. */
const bombMs = 900_000;

test('a fork bomb in one service leaves every other startable', async (t) => {
	await guest.shell('service reload forks --signal SIGUSR1');
	const said = await eventually(async () => {
		return /(\d+) processes, then: (.*)/.exec((await guest.shell('service logs forks')).output);
	});
	t.is(said[2], 'Resource temporarily unavailable');
	t.true(Number(said[1]) > 500);
	t.is((await guest.shell('service restart bystander && service wait bystander --for running')).status, 0);
	t.regex(await inContainer('bystander', 'echo hello'), /hello/);
	await stops(t, 'forks');
});

test('a bomb of open files in one service leaves every other startable', async (t) => {
	t.timeout(bombMs + 300_000);
	await guest.shell('service reload files --signal SIGUSR1');
	// Files count as memory. The kernel ends processes of this container, and of no other.
	const killed = await guest.event(
		(event) => event.event === 'service' && event.name === 'files' && /out of memory/.test(event.msg),
		bombMs,
	);
	t.regex(killed.msg, /its limit is \d+ MiB/);
	t.is((await guest.shell('service restart bystander && service wait bystander --for running')).status, 0);
	t.regex(await inContainer('bystander', 'busybox cat /proc/self/comm'), /cat|busybox/);
	await stops(t, 'files');
	t.like(await guest.machine.powerOff(120_000), { exitCode: 0, shutdown: 'poweroff' });
});
