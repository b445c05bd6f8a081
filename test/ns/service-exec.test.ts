// `service exec` into containers that the real runc and containerd run.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { defaultSeccompProfile } from '../../supervisor/contract/seccomp-profile.ts';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { callService, serviceOnTerminal, serviceWords } from './service-caller.ts';
import { forever, processesNaming, type SupervisedGuest, service, startGuest } from './supervised-guest.ts';

const devptsMount = {
	destination: '/dev/pts',
	type: 'devpts',
	source: 'devpts',
	options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
};
const chownAndKill = ['CAP_CHOWN', 'CAP_KILL'];

interface Spec {
	readonly process: object;
	readonly mounts: readonly object[];
	readonly linux: object;
}

function changeSpec(guest: SupervisedGuest, name: string, change: (spec: Spec) => object): void {
	const path = join(guest.root, 'containers/services', name, 'config.json');
	writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Spec)));
}

/** With one service, `app`, that has a user, an environment, capabilities and a terminal's /dev/pts of its own. */
async function startApp(
	t: ExecutionContext,
	process: object = {},
	linux: object = {},
): Promise<SupervisedGuest> {
	const guest = await startGuest(t);
	guest.addBundle('services/app', forever);
	const rootfs = join(guest.root, 'containers/services/app/rootfs');
	writeFileSync(join(rootfs, 'tmp/plain'), 'no program');
	mkdirSync(join(rootfs, 'etc'));
	writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nweb:x:1234:55::/web:/bin/sh\n');
	writeFileSync(join(rootfs, 'etc/group'), 'web:x:55:\nlog:x:66:other,web\n');
	changeSpec(guest, 'app', (spec) => ({
		...spec,
		mounts: [...spec.mounts, devptsMount],
		linux: { ...spec.linux, ...linux },
		process: {
			...spec.process,
			env: ['PATH=/sbin:/bin', 'MARK=of the service'],
			user: { uid: 1000, gid: 1001, additionalGids: [1002] },
			cwd: '/tmp',
			noNewPrivileges: true,
			oomScoreAdj: 300,
			rlimits: [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }],
			capabilities: {
				bounding: chownAndKill,
				permitted: ['CAP_KILL'],
				effective: ['CAP_KILL'],
				inheritable: [],
			},
			...process,
		},
	}));
	await guest.command('start');
	await guest.next(service('app', 'running'));
	return guest;
}

const shellWords = (script: string): string[] => ['sh', '-c', script];
const statusScript = `while read n v; do case $n in Uid:|Gid:|Groups:|Cap*|NoNew*) echo $n $v;; esac; done < /proc/self/status`;

test.serial('service exec gives a program what the container has, and no more', async (t) => {
	const guest = await startApp(t);
	const same = await callService(guest, [
		'exec',
		'app',
		'--',
		...shellWords(`${statusScript}; ulimit -n; pwd; echo $MARK; cat /proc/self/oom_score_adj`),
	]);
	t.deepEqual(same.stdout.trim().split('\n'), [
		...['Uid: 1000 1000 1000 1000', 'Gid: 1001 1001 1001 1001', 'Groups: 1002'],
		// capabilities(7): an exec by another user than root drops what is not ambient.
		...['CapInh: 0000000000000000', 'CapPrm: 0000000000000000', 'CapEff: 0000000000000000'],
		...[
			'CapBnd: 0000000000000021',
			'CapAmb: 0000000000000000',
			'NoNewPrivs: 1',
			'100',
			'/tmp',
			'of the service',
			'300',
		],
	]);
	t.is(same.stderr, '');
	const root = await callService(guest, [
		'exec',
		'-u',
		'root:7',
		'-w',
		'/bin',
		'app',
		...shellWords(`${statusScript}; pwd`),
	]);
	t.regex(
		root.stdout,
		/Uid: 0 0 0 0\nGid: 7 7 7 7\nGroups:\n.*CapEff: 0000000000000021\nCapBnd: 0000000000000021.*\/bin\n$/s,
	);
	const other = await callService(guest, [
		'exec',
		'-u',
		'web',
		'app',
		...shellWords(`${statusScript}; echo $HOME`),
	]);
	t.regex(other.stdout, /Uid: 1234 .*Gid: 55 .*Groups: 66\n.*CapPrm: 0{16}\nCapEff: 0{16}.*\/web\n$/s);
	t.is(
		(await callService(guest, ['exec', '-u', 'nobody', 'app', 'sh'])).stderr,
		'service: There is no user "nobody" in the container\'s /etc/passwd.\n',
	);
	const env = ['-e', 'MARK=other', '-e', 'PASSED', '--env', 'UNSET'];
	const { stdout } = await callService(
		guest,
		['exec', ...env, 'app', ...shellWords('echo "$MARK,$PASSED,${UNSET-unset},$HOME,$TERM"')],
		{ env: { ...process.env, PASSED: 'on' } },
	);
	t.is(stdout, 'other,on,unset,/,\n');
	await guest.command('stop');
});

const seccompScript =
	'busybox grep -E "^(Seccomp|NoNewPrivs)" /proc/self/status; busybox unshare -U true; busybox umount /proc';

for (const noNewPrivileges of [true, false]) {
	const title = `service exec obeys the seccomp filter of the container, noNewPrivileges ${noNewPrivileges}`;
	test.serial(title, async (t) => {
		const guest = await startApp(t, { noNewPrivileges }, { seccomp: defaultSeccompProfile([], 'amd64') });
		const { stdout, stderr } = await callService(guest, [
			'exec',
			'-u',
			'0',
			'app',
			...shellWords(seccompScript),
		]);
		const own = `NoNewPrivs:\t${Number(noNewPrivileges)}\nSeccomp:\t2\nSeccomp_filters:\t1\n`;
		t.is(stdout, own);
		t.is(
			stderr,
			"unshare: unshare(0x10000000): Operation not permitted\numount: can't unmount /proc: Operation not permitted\n",
		);
		// The service has gone on.
		t.is((await callService(guest, ['exec', 'app', 'sh', '-c', ':'])).exitCode, 0);
		t.regex((await callService(guest, ['status', 'app'])).stdout, /running/);
		await guest.command('stop');
	});
}

test.serial('service exec is in the container: its processes, its files, its network', async (t) => {
	const guest = await startApp(t);
	const script =
		'for k in pid mnt net ipc uts cgroup user; do busybox readlink /proc/self/ns/$k; done; ls /proc/1/root; echo /proc/self/fd/*';
	const { stdout } = await callService(guest, ['exec', '-u', '0', 'app', ...shellWords(`${script}`)]);
	const running = guest.lines.findLast((line) => line.name === 'app' && line.state === 'running');
	const ours = await callService(guest, ['--json', 'status', 'app']);
	t.is((JSON.parse(ours.stdout) as { pid?: number }).pid, running?.pid);
	const kinds = ['pid', 'mnt', 'net', 'ipc', 'uts', 'cgroup', 'user'];
	t.deepEqual(
		stdout.split('\n').slice(0, kinds.length),
		kinds.map((kind) => readlinkSync(`/proc/${running?.pid}/ns/${kind}`)),
	);
	t.regex(stdout, /\/proc\/self\/fd\/0 \/proc\/self\/fd\/1 \/proc\/self\/fd\/2( \/proc\/self\/fd\/3)?\n$/);
	await guest.command('stop');
});

test.serial(
	'path escape: service exec takes no working directory that a link of /proc leads out to',
	async (t) => {
		// The container sees the machine's processes, as with pid: host, and has no capability.
		const guest = await startApp(
			t,
			{ user: { uid: 0, gid: 0 }, cwd: '/tmp/work', capabilities: {} },
			{ namespaces: [{ type: 'mount' }] },
		);
		const exec = async (script: string, ...options: readonly string[]) =>
			await callService(guest, ['exec', ...options, 'app', ...shellWords(script)]);
		t.is((await exec('busybox pwd')).stdout, '/tmp/work\n');
		const outside = `/proc/${process.pid}/root/etc`;
		// Its own programs may not follow the link.
		t.regex((await exec(`busybox ls ${outside}/passwd`)).stderr, /Permission denied/);
		const work = join(guest.root, 'containers/services/app/rootfs/tmp/work');
		rmSync(work, { recursive: true });
		symlinkSync(outside, work);
		for (const options of [[], ['-w', outside]]) {
			const { stdout, stderr, exitCode } = await exec('busybox ls passwd', ...options);
			t.deepEqual([stdout, exitCode], ['', 126]);
			t.regex(
				stderr,
				/^service: Its working directory \/\S+: it leads out of the container\. Name another with -w\.\n$/,
			);
		}
		t.is((await exec('busybox pwd', '-w', '/bin')).stdout, '/bin\n');
		await guest.command('stop');
	},
);

test.serial('service exec ends as the program does', async (t) => {
	const guest = await startApp(t);
	const code = async (...words: readonly string[]) => {
		const { exitCode, stderr } = await callService(guest, ['exec', 'app', '--', ...words]);
		return [exitCode, stderr];
	};
	t.deepEqual(await code('sh', '-c', 'exit 42'), [42, '']);
	t.deepEqual(await code('sh', '-c', 'kill -9 $$'), [137, '']);
	const toolbox = (program: string): string =>
		`For a program of another image: "slipway run-in --net app --pid app IMAGE -- ${program}"; in the guest "service run" with the same words.`;
	t.deepEqual(await code('nope'), [
		127,
		`service: nope is not in the container's PATH. ${toolbox('nope')}\n`,
	]);
	t.deepEqual(await code('/bin/nope'), [
		127,
		`service: /bin/nope is not in the container. ${toolbox('/bin/nope')}\n`,
	]);
	t.deepEqual(await code('/tmp/plain'), [126, "service: /tmp/plain can't be executed: permission denied.\n"]);
	const where = await callService(guest, ['exec', '-w', '/nope', 'app', 'sh']);
	t.deepEqual(
		[where.exitCode, where.stderr],
		[126, 'service: Its working directory /nope: no such file or directory.\n'],
	);
	t.is((await callService(guest, ['exec', 'nobody', 'sh'])).exitCode, 5);
	await callService(guest, ['stop', 'app']);
	t.deepEqual(await code('sh'), [
		1,
		'service: The service app does not run, it is stopped: exited with status 0.\n',
	]);
	await guest.command('stop');
});

test.serial('service is for root, and says so', async (t) => {
	const guest = await startGuest(t);
	const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
	const { exitCode, stderr } = await runProgram('setpriv', [...nobody, ...serviceWords(guest, ['list'])]);
	t.deepEqual([exitCode, stderr], [4, 'service: Only root may send requests to PID 1.\n']);
});

test.serial('service exec passes megabytes both ways, to the end, stdout and stderr apart', async (t) => {
	const guest = await startApp(t);
	const input = Array.from({ length: 400_000 }, (_, line) => `line ${line}\n`).join('');
	const { stdout, stderr, exitCode } = await callService(
		guest,
		['exec', 'app', 'sh', '-c', 'cat; echo end >&2'],
		{ input },
	);
	t.true(stdout === input, 'nothing is missing');
	t.is(stderr, 'end\n');
	t.is(exitCode, 0);
	// A reader that closes the pipe ends the program, as in a shell's own pipeline.
	const pipeline = await callService(guest, ['exec', 'app', 'sh', '-c', 'busybox yes | busybox head -n 1']);
	t.is(pipeline.stdout, 'y\n');
	// A background process does not delay the end, and gets no descriptor of ours.
	t.is((await callService(guest, ['exec', 'app', 'sh', '-c', 'sleep 100000 & echo done'])).stdout, 'done\n');
	await guest.command('stop');
});

test.serial('service exec on a terminal: tty, size, keys, job control', async (t) => {
	const guest = await startApp(t);
	const shell = serviceOnTerminal(t, guest, ['exec', 'app', 'sh']);
	const before = shell.settings();
	await shell.shows(/\$ /);
	t.not(shell.settings(), before, 'ours is raw');
	await shell.type('busybox tty; busybox stty size; echo "T=$TERM"\r');
	await shell.shows(/\/dev\/pts\/0\r\n33 77\r\nT=vt220\r\n/);
	shell.resize(44, 88);
	await shell.type('busybox stty size\r');
	await shell.shows(/44 88\r\n/);
	await shell.type("sh -c 'echo begun; exec sleep 1000'\r");
	await shell.shows(/\nbegun\r\n/);
	await shell.type('\x03');
	await shell.shows(/\$ /);
	await shell.type('echo "code "$?\r');
	await shell.shows(/\ncode 130\r\n/);
	// The program prints when it continues: the shell shows the command before it gives it the terminal.
	await shell.type('sh -c \'trap "echo again" CONT; echo begun; while :; do sleep 0.1; done\'\r');
	await shell.shows(/\nbegun\r\n/);
	await shell.type('\x1a');
	await shell.shows(/\$ /);
	await shell.type('jobs\r');
	await shell.shows(/Stopped.*\r\n.*\$ /);
	await shell.type('fg\r');
	await shell.shows(/\nagain\r\n/);
	await shell.type('\x03');
	await shell.shows(/\$ /);
	await shell.type('exit 7\r');
	t.is(await shell.exited, 7);
	t.is(shell.settings(), before, 'ours is as it was');
	const top = serviceOnTerminal(t, guest, ['top']);
	const cooked = top.settings();
	await top.shows(/services ready/);
	await top.type('q');
	t.is(await top.exited, 0, 'q ends top, which is a process of its own here');
	t.is(top.settings(), cooked);
	await guest.command('stop');
});

test.serial('service exec on a terminal takes a long paste of what nobody reads yet', async (t) => {
	const guest = await startApp(t);
	const shell = serviceOnTerminal(t, guest, [
		'exec',
		'app',
		'sh',
		'-c',
		'busybox stty raw -echo; echo go; sleep 1; busybox head -c 200000 | busybox md5sum',
	]);
	await shell.shows(/go\n/);
	const paste = 'x'.repeat(200_000);
	await shell.type(paste);
	const [, sum] = await shell.shows(/([0-9a-f]{32}) /);
	t.is(sum, createHash('md5').update(paste).digest('hex'));
	t.is(await shell.exited, 0);
	await guest.command('stop');
});

test.serial('service exec restores the terminal and leaves nothing behind, whatever ends it', async (t) => {
	const guest = await startApp(t);
	const count = () => processesNaming(guest.root, guest.id).length;
	const before = count();
	const nothingLeft = () => eventually(() => count() <= before, { pauseMs: 10 });
	const stubborn = ['exec', 'app', 'sh', '-c', 'trap "" HUP TERM; echo begun; while :; do sleep 0.1; done'];
	for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
		const shell = serviceOnTerminal(t, guest, stubborn);
		const settings = shell.settings();
		await shell.shows(/begun/);
		shell.child.kill(signal);
		t.is(await shell.exited, 137, 'killed, since it does not end by itself');
		t.is(shell.settings(), settings);
		await nothingLeft();
	}
	const gone = serviceOnTerminal(t, guest, stubborn);
	await gone.shows(/begun/);
	gone.hangUp();
	await gone.exited;
	await nothingLeft();
	const killed = serviceOnTerminal(t, guest, stubborn);
	await killed.shows(/begun/);
	killed.child.kill('SIGKILL');
	await nothingLeft();
	await guest.command('stop');
});

test.serial(
	'service exec without a terminal passes signals on, and leaves nothing when it is killed',
	async (t) => {
		const guest = await startApp(t);
		const before = processesNaming(guest.root, guest.id).length;
		for (const [signal, code] of [
			['SIGTERM', 143],
			['SIGINT', 130],
			['SIGKILL', null],
		] as const) {
			const [program, ...words] = serviceWords(guest, [
				'exec',
				'app',
				'sh',
				'-c',
				'echo begun; exec sleep 1000',
			]);
			const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
			await once(child.stdout, 'data');
			child.kill(signal);
			const [exitCode] = (await once(child, 'exit')) as [number | null];
			t.is(exitCode, code);
			await eventually(() => processesNaming(guest.root, guest.id).length <= before, { pauseMs: 10 });
		}
		await guest.command('stop');
	},
);

test.serial('service exec: a terminal that can not be had', async (t) => {
	const guest = await startApp(t);
	const forced = await callService(guest, ['exec', '-t', 'app', 'sh']);
	t.deepEqual(
		[forced.exitCode, forced.stderr],
		[2, 'service: -t: stdin is no terminal. See "service help".\n'],
	);
	await guest.command('stop');
	const bare = await startGuest(t);
	bare.addBundle('services/app', forever);
	await bare.command('start');
	await bare.next(service('app', 'running'));
	const shell = serviceOnTerminal(t, bare, ['exec', 'app', 'sh']);
	await shell.shows(/service: It has no \/dev\/pts for a terminal; -T does without one\./);
	t.is(await shell.exited, 1);
	const without = serviceOnTerminal(t, bare, ['exec', '-T', 'app', 'busybox', 'tty']);
	await without.shows(/not a tty/);
	await bare.command('stop');
});
